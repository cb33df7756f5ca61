import { Lifecycle, scoped } from 'tsyringe';
import { Database, padded, placeholders } from '../../platform/database/database';
import type { FanOut } from '../outbox/delivery/fan-out';
import { BATCH } from '../outbox/repository';

/** Whether an event of the outbox `o` is of a rehearsal's test user: then it goes to no webhook. */
export const IS_OF_TEST_USER = `
  EXISTS (SELECT 1 FROM rehearsal h
           WHERE CAST(JSON_VALUE(o.payload, '$.userId') AS UNSIGNED) BETWEEN h.first_user_id
                 AND h.first_user_id + h.user_count - 1)`;

// IGNORE: an event may come again, and has its delivery then.
const KEEP = `INSERT IGNORE INTO webhook_delivery
                (endpoint_id, outbox_id, event_id, topic, partition_key, payload, occurred_at, traceparent)
              SELECT e.id, o.id, o.event_id, o.topic, o.partition_key, o.payload, o.created_at, o.traceparent
                FROM outbox o
                JOIN webhook_endpoint e ON e.disabled_at IS NULL
                     AND (e.topics IS NULL OR FIND_IN_SET(o.topic, e.topics) > 0)
               WHERE o.id IN (${placeholders(BATCH)})
                 AND NOT ${IS_OF_TEST_USER}
               ORDER BY o.id, e.id`;

/** Makes a delivery of each event for each endpoint that wants it; events of a rehearsal's test users go to none. */
@scoped(Lifecycle.ContainerScoped)
export class WebhookFanOut implements FanOut {
  constructor(private readonly database: Database) {}

  async keep(ids: number[]): Promise<void> {
    if (ids.length > 0) await this.database.execute(KEEP, padded(ids, BATCH));
  }
}

import { randomUUID } from 'node:crypto';
import type { SqlExecutor } from '../../platform/database/database';

/** An event to publish. Its name is the Kafka topic. */
export interface DomainEvent {
  topic: string;
  /** Events of one key stay in order. */
  partitionKey: string;
  payload: Record<string, unknown>;
  /** `traceparent` of the request that has caused it, if that is traced: who handles the event goes on with it. */
  trace?: string | undefined;
}

const APPEND = `
  INSERT INTO outbox (event_id, topic, partition_key, payload, traceparent)
  SELECT id, topic, partition_key, payload, traceparent
    FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(36) PATH '$[0]', topic VARCHAR(100) PATH '$[1]',
                                       partition_key VARCHAR(100) PATH '$[2]', payload LONGTEXT PATH '$[3]',
                                       traceparent VARCHAR(55) PATH '$[4]')) e`;

/** Writes events in the transaction of the changes that they report: all are committed, or none. */
export async function appendEvents(tx: SqlExecutor, events: DomainEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ topic, partitionKey, payload, trace }) => [
    randomUUID(),
    topic,
    partitionKey,
    JSON.stringify(payload),
    ...(trace === undefined ? [] : [trace]),
  ]);
  await tx.execute(APPEND, [JSON.stringify(rows)]);
}

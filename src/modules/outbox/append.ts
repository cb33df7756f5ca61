import { randomUUID } from 'node:crypto';
import type { SqlExecutor } from '../../platform/database/database';

/** An event to publish. Its name is the Kafka topic. */
export interface DomainEvent {
  topic: string;
  /** Events of one key stay in order. */
  partitionKey: string;
  payload: Record<string, unknown>;
}

const APPEND = `
  INSERT INTO outbox (event_id, topic, partition_key, payload)
  SELECT id, topic, partition_key, payload
    FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(36) PATH '$[0]', topic VARCHAR(100) PATH '$[1]',
                                       partition_key VARCHAR(100) PATH '$[2]', payload LONGTEXT PATH '$[3]')) e`;

/** Writes events in the transaction of the changes that they report: all are committed, or none. */
export async function appendEvents(tx: SqlExecutor, events: DomainEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ topic, partitionKey, payload }) => [
    randomUUID(),
    topic,
    partitionKey,
    JSON.stringify(payload),
  ]);
  await tx.execute(APPEND, [JSON.stringify(rows)]);
}

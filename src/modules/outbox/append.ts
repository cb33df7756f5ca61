import { randomUUID } from 'node:crypto';
import type { SqlExecutor } from '../../platform/database/database';

/** An event to publish. Its name is the Kafka topic. */
export interface DomainEvent {
  topic: string;
  /** Events of one key stay in order. */
  partitionKey: string;
  payload: Record<string, unknown>;
}

const APPEND = 'INSERT INTO outbox (event_id, topic, partition_key, payload) VALUES (?, ?, ?, ?)';

/** Writes the event in the transaction of the change that it reports: both are committed, or neither. */
export async function appendEvent(tx: SqlExecutor, event: DomainEvent): Promise<void> {
  await tx.execute(APPEND, [randomUUID(), event.topic, event.partitionKey, JSON.stringify(event.payload)]);
}

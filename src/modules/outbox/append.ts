import { randomUUID } from 'node:crypto';
import { processTimeMs } from '../../common/clock';
import type { SqlWriter } from '../../platform/database/database';

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
  INSERT INTO outbox (event_id, topic, partition_key, payload, traceparent) VALUES (?, ?, ?, ?, ?)`;

/**
 * A UUID whose order is that of time (version 7, RFC 9562): new rows then stand at the end of the index over event ids
 * and not all over it.
 */
function eventId(): string {
  const ms = Math.floor(processTimeMs()).toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${randomUUID().slice(15)}`;
}

/** Writes events in the transaction of the changes that they report: all are committed, or none. */
export async function appendEvents(tx: SqlWriter, events: DomainEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ topic, partitionKey, payload, trace }) => [
    eventId(),
    topic,
    partitionKey,
    JSON.stringify(payload),
    trace ?? null,
  ]);
  await tx.insertRows(APPEND, rows);
}

import { PAYMENT_TOPIC, REFUND_TOPIC, RESERVATION_TOPIC } from '../outbox/events';

/** Types of events as receivers know them, by topic. */
const TYPES: Record<string, string | undefined> = {
  [RESERVATION_TOPIC]: 'reservation.held',
  [PAYMENT_TOPIC]: 'payment.completed',
  [REFUND_TOPIC]: 'payment.refunded',
};

/** A topic that is not in the table goes by its name: `seat-map-changed` is `seat.map.changed`. */
export const typeOf = (topic: string): string => TYPES[topic] ?? topic.replaceAll('-', '.');

/** @returns undefined for an unknown type */
export const topicOf = (type: string): string | undefined =>
  Object.keys(TYPES).find((topic) => TYPES[topic] === type);

export const EVENT_TYPES: readonly string[] = Object.values(TYPES).filter((type) => type !== undefined);

/** The body of a call: the same bytes at each attempt. @param payload JSON */
export const bodyOf = (topic: string, occurredAt: Date, payload: string): string =>
  `{"type":${JSON.stringify(typeOf(topic))},"timestamp":"${occurredAt.toISOString()}","data":${payload}}`;

import { z } from 'zod';

/** An event as its handler gets it, from Kafka or from the outbox. */
export interface IncomingEvent {
  eventId: string;
  /** With its prefix, if any. */
  topic: string;
  /** JSON. */
  payload: string;
  /** Of the request that has caused it, if that is traced. */
  traceparent?: string | null;
}

/** Acts on an event once, however often it comes. */
export interface EventHandler {
  /** @throws MalformedEvent, DatabaseUnavailable (which says nothing about the event), anything else to be tried again */
  handle(event: IncomingEvent): Promise<void>;
}

export const EVENT_HANDLER = Symbol('EventHandler');

export const isEventId = (id: string): boolean => z.guid().safeParse(id).success;

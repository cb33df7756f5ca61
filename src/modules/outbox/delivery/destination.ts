import type { OutboxEvent } from '../repository';

/** Where committed events go: to Kafka, or to the handler in this process. */
export interface Destination {
  /** False while it makes no sense to try. */
  readonly ready: boolean;
  /**
   * Delivers events, at most one of each partition key.
   * @param mayGoOn asked before each step that may take long: false when another worker has taken over
   * @returns ids of the events that are safe with the destination
   * @throws when it cannot tell; the events are taken again
   */
  deliver(events: OutboxEvent[], mayGoOn: () => Promise<boolean>): Promise<number[]>;
  /** Makes a delivery under way end soon; what it has not delivered is taken again by the next relay. */
  interrupt(): void;
}

export const DESTINATION = Symbol('Destination');

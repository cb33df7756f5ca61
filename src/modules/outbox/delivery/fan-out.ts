/** Other receivers of each event, besides its handler. */
export interface FanOut {
  /** Called before the events are delivered, at least once for each: it keeps what it needs. @param ids of outbox rows */
  keep(ids: number[]): Promise<void>;
}

export const FAN_OUT = Symbol('FanOut');

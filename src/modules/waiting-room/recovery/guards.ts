/** Runs a call to a store inside the circuit breaker of that store. */
export type Guard = <T>(call: () => Promise<T>) => Promise<T>;

/** Redis and the database have a breaker each: a failure of one must not open the breaker of the other. */
export interface StoreGuards {
  redis: Guard;
  database: Guard;
}

export const UNGUARDED: StoreGuards = { redis: (call) => call(), database: (call) => call() };

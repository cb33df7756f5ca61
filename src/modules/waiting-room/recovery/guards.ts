/** Runs a call to a store inside the circuit breaker of that store. */
export type Guard = <T>(call: () => Promise<T>) => Promise<T>;

/** Redis and the database have a breaker each: a failure of one must not open the breaker of the other. */
export interface StoreGuards {
  redis: Guard;
  database: Guard;
  /** For database calls of background tasks: they retry by themselves and must not open the breaker of requests. */
  databaseForTasks: Guard;
}

const unguarded: Guard = (call) => call();

export const UNGUARDED: StoreGuards = {
  redis: unguarded,
  database: unguarded,
  databaseForTasks: unguarded,
};

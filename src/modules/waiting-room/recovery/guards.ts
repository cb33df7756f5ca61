/** Runs a call to a store inside the circuit breaker of that store. */
export type Guard = <T>(call: () => Promise<T>) => Promise<T>;

/** Redis and the database have a breaker each: a failure of one must not open the breaker of the other. */
export interface StoreGuards {
  redis: Guard;
  database: Guard;
  /** For what a background task asks the database: it tries again and again, and is to open nobody's breaker. */
  databaseForTasks: Guard;
}

const unguarded: Guard = (call) => call();

export const UNGUARDED: StoreGuards = {
  redis: unguarded,
  database: unguarded,
  databaseForTasks: unguarded,
};

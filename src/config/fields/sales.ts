import { integer } from '../field';

/** Holds, lists and remembered requests. */
export const salesFields = {
  HOLD_SECONDS: integer({
    min: 1,
    max: 86_400,
    default: 300,
    unit: 's',
    about: 'How long a seat stays reserved for its user to pay',
  }),
  HOLD_EXTENSION_SECONDS: integer({
    min: 0,
    max: 86_400,
    default: 120,
    unit: 's',
    about: 'By how much the hold of an order may be prolonged, once; 0: not at all',
  }),
  MAX_SEATS_PER_USER: integer({
    min: 0,
    max: 10_000,
    default: 10,
    unit: 'seats',
    about: 'Most seats of one schedule that a user may have, held and bought together; 0: no limit',
  }),
  HOLD_EXPIRY_INTERVAL_MS: integer({
    min: 50,
    max: 60_000,
    default: 500,
    unit: 'ms',
    about: 'How often the worker cancels holds that have ended',
  }),
  INVARIANT_CHECK_INTERVAL_SECONDS: integer({
    min: 0,
    max: 3600,
    default: 15,
    unit: 's',
    about: 'How often the worker checks the invariants, a part of the rows at a time; 0: never',
  }),
  REFUNDS_PER_SECOND: integer({
    min: 1,
    max: 10_000,
    default: 250,
    unit: 'orders/s',
    about: 'How fast the worker refunds the orders of a canceled schedule, so that other sales go on',
  }),
  LIST_CACHE_TTL_MS: integer({
    min: 0,
    max: 1000,
    default: 500,
    unit: 'ms',
    about: 'How old schedule and seat lists may be',
  }),
  IDEMPOTENCY_HOURS: integer({
    min: 24,
    max: 8760,
    default: 48,
    unit: 'h',
    about: 'How long an Idempotency-Key is remembered',
  }),
};

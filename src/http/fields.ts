import { z } from 'zod';

/** An id as the database counts them: a whole number, 1 … 2^53 − 1. */
export const Id = z.int().min(1);

/** Money in won. */
export const Won = z.int().min(0);

/** An id in a query string: 15 digits are all below 2^53. */
export const QueryId = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'Invalid input: expected a positive whole number')
  .transform(Number)
  .pipe(Id);

import { z } from 'zod';

/** An id as the database counts them: a whole number, 1 … 2^53 − 1. */
export const Id = z.int().min(1);

/** Money in won. */
export const Won = z.int().min(0);

/** A time that is the same instant wherever it is read. */
export const OffsetTime = z.iso
  .datetime({ offset: true })
  .describe('yyyy-MM-ddTHH:mm:ss±HH:mm: ISO 8601 with its offset');

/** An id in a query string: 15 digits are all below 2^53. */
export const QueryId = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'Invalid input: expected a positive whole number')
  .transform(Number);

/** Why an operator acts. */
export const Reason = z.string().trim().min(1).max(500).describe('Why, for the audit');

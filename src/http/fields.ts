import { z } from 'zod';

/** An id as the database counts them: a whole number, 1 … 2^53 − 1. */
export const Id = z.int().min(1);

/** Money in won. */
export const Won = z.int().min(0);

/** A time that is the same instant wherever it is read. */
export const OffsetTime = z.iso
  .datetime({ offset: true })
  .describe('yyyy-MM-ddTHH:mm:ss±HH:mm: ISO 8601 with its offset');

/** What a store and each display zone can hold. */
const [FIRST_YEAR, LAST_YEAR] = [1970, 9998];

/** An OffsetTime that is to be stored. */
export const StoredTime = OffsetTime.refine((text) => {
  const year = new Date(text).getUTCFullYear();
  return year >= FIRST_YEAR && year <= LAST_YEAR;
}, `expected a time of the years ${FIRST_YEAR} to ${LAST_YEAR}`);

/** An id in a query string: 15 digits are all below 2^53. */
export const QueryId = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'Invalid input: expected a positive whole number')
  .transform(Number);

/**
 * Halves of a pair have no bytes in UTF-8, nobody sees control characters, and what overrides the direction of writing goes on
 * behind the text, in the messages that quote it (UAX 9). The marks of a right-to-left text are left alone.
 */
const ONE_LINE = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u;
const LINES = /^(?:[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]|\t|\r?\n)*$/u;

/** Blanks and invisible characters alone would be a name that nobody sees, and that looks like any other of its kind. */
const VISIBLE = /[^\p{Z}\p{Default_Ignorable_Code_Point}\s\u2800]/u;
const isVisible = (value: string): boolean => VISIBLE.test(value);
const INVISIBLE = 'expected text that can be seen';

/**
 * Text of one line, composed (Unicode's NFC): some keyboards and files write a letter in parts, and the same name in two
 * ways would be two names.
 * @param max in characters of Unicode, as columns count
 */
export const text = (max: number) =>
  z
    .string()
    .normalize('NFC')
    .trim()
    .min(1)
    .max(max)
    .refine((value) => ONE_LINE.test(value), 'expected text without line breaks and control characters')
    .refine(isVisible, INVISIBLE);

/** Text of any number of lines, composed as well; it may be empty. @param max in characters of Unicode, as columns count */
export const lines = (max: number) =>
  z
    .string()
    .normalize('NFC')
    .max(max)
    .refine((value) => LINES.test(value), 'expected text without control characters');

/** Why an operator acts. */
export const Reason = lines(500).trim().min(1).refine(isVisible, INVISIBLE).describe('Why, for the audit');

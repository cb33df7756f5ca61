import { z } from 'zod';
import { Won } from '../../../http/fields';

const Count = z.int().min(0);

const ClassSales = z.object({
  name: z.string(),
  amount: Won,
  free: Count,
  held: Count,
  sold: Count,
  blocked: Count,
});
export type ClassSales = z.infer<typeof ClassSales>;

export const MinuteSales = z.object({
  minuteMs: z.number().describe('When the minute began'),
  seats: Count,
  won: Won,
  lapses: Count.describe('Orders whose hold ended without a payment'),
  byClass: z.record(z.string(), Count).describe('Seats sold, by price class'),
});
export type MinuteSales = z.infer<typeof MinuteSales>;

/** What a queue has sold. */
export const SalesOfQueue = z.object({
  queueId: z.string(),
  holds: Count.describe('Orders on hold'),
  classes: z.array(ClassSales),
  minutes: z
    .array(MinuteSales)
    .describe('Of the last hour, those in which there was something; oldest first'),
});
export type SalesOfQueue = z.infer<typeof SalesOfQueue>;

/** As a worker counts it. */
export const Sales = z.object({
  /** Redis' clock. */
  countedAtMs: z.number(),
  everyMs: z.number(),
  queues: z.array(SalesOfQueue),
});
export type Sales = z.infer<typeof Sales>;

const MINUTE_MS = 60_000;
const OUTLOOK_MINUTES = 5;

/**
 * When everything will be sold at the rate of the last 5 minutes. The current minute counts in proportion.
 * @returns undefined when nothing is left, nothing is sold, or too little is known
 */
export function soldOutAtMs({ classes, minutes }: SalesOfQueue, nowMs: number): number | undefined {
  const left = classes.reduce((sum, { free, held }) => sum + free + held, 0);
  const fromMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - (OUTLOOK_MINUTES - 1) * MINUTE_MS;
  const recent = minutes.filter(({ minuteMs }) => minuteMs >= fromMs);
  const first = recent[0];
  const seats = recent.reduce((sum, minute) => sum + minute.seats, 0);
  if (left === 0 || seats === 0 || first === undefined) return undefined;
  const perMs = seats / Math.max(MINUTE_MS / 2, nowMs - first.minuteMs);
  return Math.round(nowMs + left / perMs);
}

import type { SaleFacts } from '../../waiting-room/status/schema';
import type { ClassCount, ScheduleSale } from './repository';

/**
 * The state of a queue’s sale. @returns undefined when it sells nothing, so that there is nothing to publish
 * @param offsetTime writes a time for the page
 */
export function saleFactsOf(
  sales: Omit<ScheduleSale, 'queueId'>[],
  counts: Omit<ClassCount, 'queueId'>[],
  offsetTime: (at: Date) => string,
): SaleFacts | undefined {
  const open = sales.find(({ sale }) => sale === 'OPEN');
  const coming = sales.find(({ sale }) => sale === 'BEFORE');
  if (sales.length === 0) return undefined;
  if (open === undefined && coming === undefined) return { state: 'CLOSED', left: [] };
  const openCounts = counts.filter(({ sale }) => sale === 'OPEN');
  // Held seats may lapse: as long as there are any, not everything is sold.
  const isSoldOut = openCounts.every(({ free, held }) => free + held === 0);
  const isHeld = openCounts.every(({ free }) => free === 0);
  if (open !== undefined && !isSoldOut)
    return { state: isHeld ? 'WAITLIST' : 'OPEN', left: leftOf(openCounts) };
  if (coming?.opensAt == null) return { state: 'SOLD_OUT', left: leftOf(openCounts) };
  return {
    state: 'NOT_OPEN',
    opensAt: offsetTime(coming.opensAt),
    left: leftOf(counts.filter(({ sale }) => sale === 'BEFORE')),
  };
}

/** Seats of schedules on sale. */
export function seatsOf(counts: Omit<ClassCount, 'queueId'>[]): { free: number; held: number } {
  const open = counts.filter(({ sale }) => sale === 'OPEN');
  const sum = (of: (count: Omit<ClassCount, 'queueId'>) => number): number =>
    open.reduce((total, count) => total + of(count), 0);
  return { free: sum(({ free }) => free), held: sum(({ held }) => held) };
}

const leftOf = (counts: Omit<ClassCount, 'queueId'>[]): SaleFacts['left'] =>
  counts.map(({ name, amount, free }) => ({ name, amount, seats: free }));

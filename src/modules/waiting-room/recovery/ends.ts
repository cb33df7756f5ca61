import { PresenceMarks } from '../snapshot/presence-marks';
import type { QueueRepository } from '../state/repository';
import type { Ends } from '../state/results';
import type { Guard } from './guards';

/** How far the clocks of Redis and the database may be apart. */
const MAX_CLOCK_DIFFERENCE_MS = 60_000;

export interface EndsQuery {
  queueId: string;
  gen: number;
  tokenLifeMs: number;
  /** Entries whose session has ended, as far as this process has seen. */
  expired: PresenceMarks;
}

/** The entries that a lost state must know as ended: the paid ones by the database, the expired ones by the snapshot. */
export async function knownEnds(repository: QueueRepository, guard: Guard, query: EndsQuery): Promise<Ends> {
  const { queueId, gen, tokenLifeMs, expired } = query;
  const done = new PresenceMarks();
  if (gen > 0) {
    const seconds = Math.ceil((tokenLifeMs + MAX_CLOCK_DIFFERENCE_MS) / 1000);
    const pages = repository.paidSince(queueId, gen, seconds);
    for (;;) {
      const page = await guard(() => pages.next()); // a call for each page: all together may take long
      if (page.done === true) break;
      for (const seq of page.value) done.add(seq);
    }
  }
  return { done: done.drain(), expired: expired.marks() };
}

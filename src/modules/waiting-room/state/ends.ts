import { PresenceMarks } from '../snapshot/presence';
import type { QueueRepository } from './repository';
import type { Snapshot } from '../snapshot/snapshot';

/** Whose turns have ended, as bitmaps: segment, first byte, bits from there. */
export type Ends = Record<'done' | 'expired', ReturnType<PresenceMarks['drain']>>;

/** How far the clocks of Redis and the database may be apart. */
const CLOCKS_APART_MS = 60_000;

/** For a state that is lost: who has paid by the database, whose lease has ended by this process' copy. */
export async function knownEnds(
  repository: QueueRepository,
  { queueId, tokenLifeMs, snapshot }: { queueId: string; tokenLifeMs: number; snapshot: Snapshot },
  gen: number,
): Promise<Ends> {
  const done = new PresenceMarks();
  if (gen > 0) {
    const seconds = Math.ceil((tokenLifeMs + CLOCKS_APART_MS) / 1000);
    for await (const seqs of repository.paidSince(queueId, gen, seconds))
      for (const seq of seqs) done.add(seq);
  }
  return { done: done.drain(), expired: snapshot.expired.marks() };
}

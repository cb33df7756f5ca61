import { presenceAfterMs, pollAfterMs, type PollingOptions } from '../polling/interval';
import { historyOf } from '../state/generation';
import type { WaitingRoom } from '../waiting-room';
import type { Board } from './board-store';
import type { EtaBand } from './eta-band';
import { ranksOf } from './ranks';
import type { Pace, QueueStatusReport } from './schema';

/** What the status of a queue says, as of the process' snapshot: the same for all who ask. */
export function reportOf(
  room: WaitingRoom,
  { notice, sale }: Board,
  band: EtaBand,
  polling: PollingOptions,
): QueueStatusReport {
  const { snapshot, limits, queueId } = room;
  const { gen, headSeq, issued, waiting, active, rejoined } = snapshot;
  const state = sale.state ?? 'OPEN';
  return {
    queueId,
    state: limits.paused && state === 'OPEN' ? 'PAUSED' : state,
    nowMs: Math.round(snapshot.takenAtRedisMs),
    opensAt: sale.opensAt ?? null,
    generation: gen,
    firstGeneration: historyOf(gen),
    ...{ headSeq, issued, waiting, active, rejoined },
    admissionsPerSecond: Math.round(room.admissionsPerSecond * 100) / 100,
    etaBand: band.range ?? null,
    left: sale.left ?? null,
    notice,
    pace: paceOf(room, polling),
    ...ranksOf(snapshot.presence, headSeq, issued),
  };
}

/** At positions 1, 2, 4, … up to the last one. */
function paceOf(room: WaitingRoom, polling: PollingOptions): Pace[] {
  const { snapshot } = room;
  const last = Math.max(1, snapshot.waiting, snapshot.issued - snapshot.headSeq);
  const pace: Pace[] = [];
  for (let position = 1; ; position = Math.min(position * 2, last)) {
    const entry = { userId: 0, seq: snapshot.headSeq + position, gen: snapshot.gen, iatMs: snapshot.nowMs };
    const { seconds, soonestSeconds } = room.estimateEta(entry, position);
    const afterMs = pollAfterMs(position, snapshot.waiting, soonestSeconds, polling);
    pace.push({
      position,
      etaSeconds: seconds,
      statusAfterMs: afterMs,
      presenceAfterMs: presenceAfterMs(afterMs, polling),
    });
    if (position === last) return pace;
  }
}

import { presenceAfterMs, pollAfterMs, type PollingOptions, statusAfterMs } from '../polling/interval';
import { historyOf } from '../state/generation';
import type { WaitingRoom } from '../waiting-room';
import type { Board } from './board-store';
import type { EtaBand } from './eta-band';
import { ranksOf } from './ranks';
import type { Pace, QueueState, QueueStatusReport } from './schema';

export interface ReadingOptions extends PollingOptions {
  /** Longest time between two reads of the status by one client. */
  statusMaxIntervalMs: number;
}

/** State of a queue as it is published to its waiting users. */
export interface Standing {
  state: QueueState;
  mode: 'fifo' | 'draw';
  opensAt: string | null;
}

/** The queue's own opening comes first, then the operator's pause, then the sale. */
export function standingOf(room: WaitingRoom, { sale }: Board, offsetTime: (at: Date) => string): Standing {
  const { admission, opensAtMs, nowMs } = room.snapshot;
  const mode = admission.drawing ? 'draw' : 'fifo';
  const opensAt = opensAtMs > 0 ? offsetTime(new Date(opensAtMs)) : null;
  if (opensAtMs > nowMs) return { state: 'NOT_OPEN', mode, opensAt };
  if (admission.drawing) return { state: 'DRAW', mode, opensAt };
  const state = sale.state ?? 'OPEN';
  const isPaused = room.limits.paused && (state === 'OPEN' || state === 'WAITLIST');
  return { state: isPaused ? 'PAUSED' : state, mode, opensAt: sale.opensAt ?? opensAt };
}

/** The status of a queue as of the process' snapshot; the same for every client. */
export function reportOf(
  room: WaitingRoom,
  { notice, sale }: Board,
  standing: Standing,
  band: EtaBand,
  reading: ReadingOptions,
): QueueStatusReport {
  const { snapshot, queueId } = room;
  const { gen, headSeq, issued, waiting, active, rejoined } = snapshot;
  return {
    queueId,
    ...standing,
    nowMs: Math.round(snapshot.takenAtRedisMs),
    generation: gen,
    firstGeneration: historyOf(gen),
    headSeq,
    issued,
    waiting,
    active,
    rejoined,
    admissionsPerSecond: Math.round(room.admissionsPerSecond * 100) / 100,
    etaBand: band.range ?? null,
    left: sale.left ?? null,
    countedAtMs: sale.countedAtMs ?? null,
    chances: sale.chances ?? null,
    notice,
    pace: paceOf(room, reading),
    ...ranksOf(snapshot.presence, headSeq, issued),
  };
}

/** The pace at positions 1, 2, 4, … up to the last one. */
function paceOf(room: WaitingRoom, reading: ReadingOptions): Pace[] {
  const { snapshot } = room;
  const last = Math.max(1, snapshot.waiting, snapshot.issued - snapshot.headSeq);
  const pace: Pace[] = [];
  for (let position = 1; ; position = Math.min(position * 2, last)) {
    const { seconds, soonestSeconds } = room.etaAt(position);
    const afterMs = pollAfterMs(position, snapshot.waiting, soonestSeconds, reading);
    pace.push({
      position,
      etaSeconds: seconds,
      statusAfterMs: statusAfterMs(afterMs, reading.statusMaxIntervalMs),
      presenceAfterMs: presenceAfterMs(afterMs, reading),
    });
    if (position === last) return pace;
  }
}

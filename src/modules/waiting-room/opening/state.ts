import type { AdmissionState } from '../admission/policy';
import { type Draw, readDraws, writeDraws } from './draws';

/** A queue's opening as the database has it. */
export interface OpeningState {
  /** 0: it is open. */
  opensAtMs: number;
  /** A draw is ahead. */
  isDrawing: boolean;
  /** Who takes part in the draw ahead; undefined: the registration has not closed, as far as the database knows. */
  cut: { firstSeq: number; lastSeq: number } | undefined;
  /** That were made, oldest first. */
  draws: Draw[];
}

/** The highest seq that is given out because of draws: those who take part get numbers behind the last of them. */
export const issuedByDraws = ({ draws, cut }: OpeningState): number =>
  Math.max(0, ...[...draws, ...(cut ? [cut] : [])].map(({ firstSeq, lastSeq }) => 2 * lastSeq - firstSeq));

/** Up to where entries have had their turn because of draws. */
export const headByDraws = ({ draws }: OpeningState): number =>
  Math.max(0, ...draws.map(({ lastSeq }) => lastSeq));

/**
 * The admission state of a snapshot with the opening as the database has it. The state may be ahead by a draw, if a
 * worker has ended between the draw and the row that says so.
 */
export function withOpening(admission: AdmissionState, opening: OpeningState | undefined): AdmissionState {
  if (opening === undefined) return admission;
  const written = writeDraws(opening.draws);
  const known = admission.draws ?? '';
  const isAhead = known.length > written.length && known.startsWith(written);
  const draws = isAhead ? writeDraws(readDraws(known)) : written;
  const { cut, isDrawing, opensAtMs } = opening;
  const isAwaited = isDrawing && !isAhead;
  return {
    ...admission,
    opensAt: opensAtMs,
    drawing: isAwaited,
    cut: isAwaited && cut !== undefined ? `${cut.firstSeq}:${cut.lastSeq}` : undefined,
    draws,
  };
}

/** Until when a token that was issued at `iatMs` may wait, milliseconds of Redis' clock; the same rule as lua/include/common.lua. */
export function waitEndsMs(
  { collectsSince = '', opensAt = 0 }: AdmissionState,
  iatMs: number,
  maxWaitMs: number,
): number {
  const [sinceMs = 0, openedMs = 0] = collectsSince.split(':').map(Number);
  const endedMs = Math.max(iatMs, openedMs) + maxWaitMs;
  return endedMs <= sinceMs ? endedMs : Math.max(iatMs, opensAt) + maxWaitMs;
}

/** How it was before a breach that came out of calm. */
export interface BeforeBreach {
  turn: number;
  window: number;
  threshold: number | null;
  ceiling: { window: number; turn: number } | null;
  visit: number;
  /** Lively visitors at that time. */
  lively: number;
}

/** What the controller remembers of its window, as far as a stall changes it. */
interface Course extends Omit<BeforeBreach, 'lively'> {
  pressures: number[];
  before: BeforeBreach | null;
  undoneAt: number;
  restUntil: number;
}

/** So many calm seconds are calm. */
const CALM_SECONDS = 2;
/** A cut is taken back within so long of the breach, … */
const UNDO_WITHIN = 60;
/** … if that share of those who were lively before still is, … */
const UNDO_SHARE = 0.5;
/** … and at most once in so many seconds. */
export const UNDO_EVERY = 60;

function isCalm(pressures: number[], target: number): boolean {
  const latest = pressures.slice(-CALM_SECONDS);
  return latest.length === CALM_SECONDS && latest.every((pressure) => pressure < target);
}

/**
 * What a breach that begins now may have to give back; of one that goes on, what was noted when it began.
 * @param target the pressure below which a second is calm
 */
export function beforeBreach(memory: Course, lively: number, target: number): BeforeBreach | null {
  const { turn, window, threshold, ceiling, visit, pressures } = memory;
  return isCalm(pressures, target) ? { turn, window, threshold, ceiling, visit, lively } : memory.before;
}

/**
 * Takes back what was cut when it turns out to have been a stall: all is calm again, and those who were there before
 * still are, so the breach did not come of them. (TCP does so after a spurious time-out: Eifel, RFC 4015.) Else a stall
 * of a second would keep visitors out for half a minute.
 */
export function undoStall<M extends Course>(memory: M, lively: number, target: number): M {
  const { before, turn, undoneAt, window } = memory;
  if (before === null || turn - before.turn > UNDO_WITHIN || turn - undoneAt < UNDO_EVERY) return memory;
  if (!isCalm(memory.pressures, target) || lively < UNDO_SHARE * before.lively) return memory;
  const { threshold, ceiling, visit } = before;
  const known = { window: Math.max(window, before.window), threshold, ceiling, visit };
  return { ...memory, ...known, before: null, undoneAt: turn, restUntil: turn };
}

/** How it was before a breach that came out of calm. */
export interface BeforeBreach {
  second: number;
  window: number;
  threshold: number | null;
  ceiling: { window: number; second: number } | null;
  meanSessionSeconds: number;
  /** Lively visitors at that time. */
  recentlyActive: number;
}

/** What the controller remembers of its window, as far as a stall changes it. */
interface ControllerWindow extends Omit<BeforeBreach, 'recentlyActive'> {
  pressures: number[];
  beforeBreach: BeforeBreach | null;
  undoneAt: number;
  cooldownUntil: number;
}

/** So many calm seconds are calm. */
const CALM_SECONDS = 2;
/** A cut is taken back within so long of the breach, … */
const UNDO_WITHIN = 60;
/** … if that share of those who were recentlyActive before still is, … */
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
export function beforeBreach(
  memory: ControllerWindow,
  recentlyActive: number,
  target: number,
): BeforeBreach | null {
  const { second, window, threshold, ceiling, meanSessionSeconds, pressures } = memory;
  return isCalm(pressures, target)
    ? { second, window, threshold, ceiling, meanSessionSeconds, recentlyActive }
    : memory.beforeBreach;
}

/**
 * Takes back what was cut when it turns out to have been a stall: all is calm again, and those who were there before
 * still are, so the breach did not come of them. (TCP does so after a spurious time-out: Eifel, RFC 4015.) Else a stall
 * of a second would keep visitors out for half a minute.
 */
export function undoStall<M extends ControllerWindow>(memory: M, recentlyActive: number, target: number): M {
  const { beforeBreach, second, undoneAt, window } = memory;
  if (beforeBreach === null || second - beforeBreach.second > UNDO_WITHIN || second - undoneAt < UNDO_EVERY)
    return memory;
  if (!isCalm(memory.pressures, target) || recentlyActive < UNDO_SHARE * beforeBreach.recentlyActive)
    return memory;
  const { threshold, ceiling, meanSessionSeconds } = beforeBreach;
  const known = { window: Math.max(window, beforeBreach.window), threshold, ceiling, meanSessionSeconds };
  return { ...memory, ...known, beforeBreach: null, undoneAt: second, cooldownUntil: second };
}

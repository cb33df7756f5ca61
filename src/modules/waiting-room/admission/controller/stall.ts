/** How it was before a breach that began in calm. */
export interface BeforeBreach {
  second: number;
  window: number;
  threshold: number | null;
  ceiling: { window: number; second: number } | null;
  meanSessionSeconds: number;
  /** Recently active users at that time. */
  recentlyActive: number;
  /** Most requests that succeeded in a second. */
  served: number;
}

/** What the controller keeps of its window, as far as a stall changes it. */
interface ControllerWindow extends Omit<BeforeBreach, 'recentlyActive' | 'served'> {
  pressures: number[];
  served: number[];
  beforeBreach: BeforeBreach | null;
  undoneAt: number;
  cooldownUntil: number;
}

const CALM_SECONDS = 2;
/** A stall may begin in silence: what is served otherwise is known from this time. */
const SERVED_SECONDS = 20;
/** A decrease is taken back within this time after the breach, … */
const UNDO_WITHIN = 60;
/** … if this share of the users who were recently active before still is, … */
const UNDO_SHARE = 0.5;
/** … if a second of the breach has served no more than this share of what was served before, … */
const STALLED_SHARE = 0.5;
/** … and at most once in this time. */
export const UNDO_EVERY = 60;

function isCalm(pressures: number[], target: number): boolean {
  const latest = pressures.slice(-CALM_SECONDS);
  return latest.length === CALM_SECONDS && latest.every((pressure) => pressure < target);
}

/**
 * What may have to be restored after a breach that begins now. For a breach that goes on, what was noted at its begin.
 * @param target the pressure below which a second is calm
 */
export function beforeBreach(
  state: ControllerWindow,
  recentlyActive: number,
  target: number,
): BeforeBreach | null {
  const { second, window, threshold, ceiling, meanSessionSeconds, pressures } = state;
  if (!isCalm(pressures, target)) return state.beforeBreach;
  const served = Math.max(0, ...state.served.slice(-SERVED_SECONDS));
  return { second, window, threshold, ceiling, meanSessionSeconds, recentlyActive, served };
}

/** An overloaded backend serves as much as before, and fails or delays the rest; one that stands still serves hardly anything. */
function hasStalled({ served, pressures, second }: ControllerWindow, before: BeforeBreach): boolean {
  const since = before.second - second;
  const breaches = pressures.slice(since).map((pressure) => pressure >= 1);
  return served.slice(since).some((each, i) => breaches[i] === true && each <= STALLED_SHARE * before.served);
}

/**
 * Takes a decrease back when it turns out that a stall caused it: little was served meanwhile, and all is calm again with
 * the same users still active, so they did not cause the breach. (TCP does so after a spurious time-out: Eifel, RFC 4015.) Otherwise a stall of a second
 * would keep users waiting for half a minute.
 */
export function undoStall<S extends ControllerWindow>(state: S, recentlyActive: number, target: number): S {
  const { beforeBreach, second, undoneAt, window } = state;
  if (beforeBreach === null || second - beforeBreach.second > UNDO_WITHIN || second - undoneAt < UNDO_EVERY)
    return state;
  if (!isCalm(state.pressures, target) || !hasStalled(state, beforeBreach)) return state;
  if (recentlyActive < UNDO_SHARE * beforeBreach.recentlyActive) return state;
  const { threshold, ceiling, meanSessionSeconds } = beforeBreach;
  const known = { window: Math.max(window, beforeBreach.window), threshold, ceiling, meanSessionSeconds };
  return { ...state, ...known, beforeBreach: null, undoneAt: second, cooldownUntil: second };
}

import { quantileMs, type Signals } from './signals';
import { beforeBreach, type BeforeBreach, UNDO_EVERY, undoStall } from './stall';

/** What the operator has set. */
export interface ControllerBounds {
  /** The objective: p99 of the requests of those inside. */
  targetP99Ms: number;
  min: number;
  max: number;
}

/** The queue at the moment of a decision. */
export interface Occupancy {
  waiting: number;
  active: number;
  /** Of those inside: have not asked for anything for QUIET_SECONDS. */
  inactive: number;
  /** Let in since the last decision. */
  admitted: number;
}

/** Which signal is closest to its limit. */
export const BOTTLENECKS = [
  'latency',
  'failures',
  'pool',
  'event-loop',
  'breaker',
  'demand',
  'none',
] as const;
export type Bottleneck = (typeof BOTTLENECKS)[number];
export const ACTIONS = ['increase', 'hold', 'decrease', 'back-off', 'close'] as const;
export type Action = (typeof ACTIONS)[number];

/** What the controller remembers from one decision to the next. */
export interface ControllerState {
  second: number;
  /** Lively visitors that are let be inside. */
  window: number;
  /** Beyond it growth is slow: there was a breach. `null`: none is known. */
  threshold: number | null;
  /** The last breach that came of load: how many were let be inside, and when. Fast growth ends before it. */
  ceiling: { window: number; second: number } | null;
  /** How it was before the last breach that came out of calm: it may turn out to have been a stall. */
  beforeBreach: BeforeBreach | null;
  /** When a stall's cut was last taken back. */
  undoneAt: number;
  /** How long a visit takes, as far as is known, seconds. */
  meanSessionSeconds: number;
  /** Mean latency of a write when nothing waits, ms; `null`: none was seen. */
  baselineLatencyMs: number | null;
  cooldownFrom: number;
  cooldownUntil: number;
  /** After what it rests. */
  cooldownAfter: Action;
  busyAt: number;
  /** When somebody was last waiting. */
  lastWaitingAt: number;
  /** Of the last turns, the newest last. */
  recentlyActive: number[];
  active: number[];
  admitted: number[];
  /** Requests. */
  requests: number[];
  loads: number[];
  pressures: number[];
  writes: [count: number, ms: number][];
}

export interface Decision {
  /** Most visitors inside. */
  limit: number;
  /** Most admissions a second. */
  rate: number;
  action: Action;
  bottleneck: Bottleneck;
  state: ControllerState;
}

/** After so long without a request a visitor is thinking for long, or gone without a word: no load, as long as it is. */
export const INACTIVE_SECONDS = 10;

/** Share of failed requests that counts as a breach, as in the study; of at least so many requests. */
const FAILED_SHARE = 0.01;
const FAILED_MIN_REQUESTS = 100;
/** Fewer have no p99 worth the name. */
const P99_MIN_REQUESTS = 20;
/** Fewer writes in three seconds have no mean worth the name. */
const MEAN_MIN_WRITES = 60;

/** Pressure (signal over limit) up to which the door is opened further. */
const TARGET_PRESSURE = 0.5;
/** p99 of the work alone, by its mean; and what share of the objective it may be taken for. */
const WORK_P99 = 2;
const WORK_MOST = 0.5;
/** Load (share of the time in which a write waits for others) to grow towards in slow start, and to stop at. */
const LOAD_TARGET = 0.9;
const LOAD_LOW = 0.8;
const MAX_STEP_FACTOR = 2;
/** … and to so many times those whose load has shown: it may be misjudged, most of all when none has shown any yet. */
const GROWTH_FROM_OBSERVED = { first: 4, later: 8 };
/** With less load and pressure the window grows when it is not AHEAD of those inside, AGO seconds after the last waited. */
const IDLE = 0.1;
const HEADROOM_FACTOR = 2;
const RECENT_SECONDS = 10;
/** With less load a breach does not come of those inside. */
const LOAD_SIGNIFICANT = 0.5;
const LOAD_SATURATION = 0.94;
/** Growth per visit's length when the objective is near, as a share of the window. */
const SLOW_GROWTH_SHARE = 0.06;
const DECREASE_FACTOR = 0.95;
/** The first second of a breach may be a stall: it cuts no deeper than this. The next one cuts the rest. */
const BACK_OFF_FACTOR = { first: 0.8, least: 0.5, most: 0.9 };
const THRESHOLD = 0.95;
/** Up to what share of the last breach's window growth is fast, for so many visit lengths; … */
const CEILING = { share: 0.9, visits: 20 };
/** … unless the load speaks of so many times as many: then the backend is another. */
const CHANGED_FACTOR = 2;
/** Visit lengths without a busy turn after which a breach is forgotten. */
const FORGET_AFTER_SESSIONS = 1;
/** The memory of the calm latency fades: a backend may have become slower for good (doubles in 23 minutes). */
const BASELINE_GROWTH = 1.0005;
const SESSION_SECONDS = { least: 4, first: 6, most: 60 };
/** How many of the quiet ones are taken to come back, when the length of a visit is estimated. */
const RETURNING_SHARE = 0.3;
const SECONDS_KEPT = 60;

export const newControllerState = (limits: ControllerBounds): ControllerState => ({
  ...{
    second: 0,
    window: limits.min,
    threshold: null,
    ceiling: null,
    meanSessionSeconds: SESSION_SECONDS.first,
    baselineLatencyMs: null,
  },
  ...{ beforeBreach: null, undoneAt: -UNDO_EVERY },
  ...{ cooldownFrom: 0, cooldownUntil: 0, cooldownAfter: 'hold', busyAt: 0, lastWaitingAt: -RECENT_SECONDS },
  ...{ recentlyActive: [], active: [], admitted: [], requests: [], loads: [], pressures: [], writes: [] },
});

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: number[]): number => sum(values) / Math.max(1, values.length);
const meanOf = (writes: ControllerState['writes']): { count: number; ms: number } => {
  const count = sum(writes.map(([each]) => each));
  return { count, ms: sum(writes.map(([, spent]) => spent)) / Math.max(1, count) };
};
/** Of three, of which those that are not known are none. */
const medianOf = ([a = 0, b = 0, c = 0]: number[]): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
/** Rounded: the memory travels as text. */
const appendSample = (values: number[], value: number): number[] =>
  [...values, Math.round(value * 1000) / 1000].slice(-SECONDS_KEPT);

/** Waits over the objective: they are part of a latency, so the same objective bounds them. */
function delaysOf(signals: Signals, targetP99Ms: number): [Bottleneck, number][] {
  const p99 = signals.requests >= P99_MIN_REQUESTS ? quantileMs(signals, 0.99) : 0;
  return [
    ['latency', p99 / targetP99Ms],
    ['pool', signals.poolWaitMs / targetP99Ms],
    ['event-loop', signals.loopDelayMs / targetP99Ms],
  ];
}

/**
 * Each signal over its limit, and the worst of them: 1 is the limit. Of the latency only what is left of the objective
 * beside the work itself counts: of a request that takes half of it when nothing waits, the other half is to be used.
 * Before enough writes were seen to know that, those few tell.
 */
function pressureOf(
  signals: Signals,
  { baselineLatencyMs, writes }: ControllerState,
  targetP99Ms: number,
): { value: number; binding: Bottleneck } {
  const failed = signals.failed / Math.max(signals.requests, FAILED_MIN_REQUESTS) / FAILED_SHARE;
  const work = Math.min(WORK_MOST, (WORK_P99 * (baselineLatencyMs ?? meanOf(writes).ms)) / targetP99Ms);
  const delays = delaysOf(signals, targetP99Ms).map(([binding, share]): [Bottleneck, number] =>
    binding === 'latency' ? [binding, Math.max(0, share - work) / (1 - work)] : [binding, share],
  );
  const shares: [Bottleneck, number][] = [...delays, ['failures', failed]];
  const [binding, value] = shares.reduce((worst, each) => (each[1] > worst[1] ? each : worst));
  return { value, binding };
}

/** How much of the load could be served: those who were, and no more than would have been in time. */
function servedOf(signals: Signals, targetP99Ms: number): number {
  const longest = Math.max(1, ...delaysOf(signals, targetP99Ms).map(([, share]) => share));
  return Math.min(1 / longest, 1 - signals.failed / Math.max(1, signals.requests));
}

/**
 * Decides once a second how far the door is open: a window of lively visitors, as TCP's of packets in flight.
 *
 *   grow   while somebody waits and the window is full: fast as long as the load is far from LOAD_TARGET (slow start),
 *          by CREEP per visit near the objective. With next to no load also ahead of need, so that who comes need not
 *          wait for the next decision
 *   hold   while the last step has not shown its effect, or nobody is kept out by the door
 *   ease   pressure above TARGET in two of three seconds: a little less
 *   cut    a breach: a fifth less at most, as it may be a stall; when it is there in the next second, too, less by as
 *          much as was too much. Once per delay, never anyone thrown out
 *   shut   a breaker is open: nobody; afterwards slow start
 *
 * What a stall has cut is given back when it is over: after two calm seconds with those still there who were there
 * before, the breach did not come of them (as TCP takes back what a spurious time-out has cut: Eifel, RFC 4015).
 *
 * What is admitted now loads the database when it has thought, so every step waits for the one before: the delay is
 * the length of a visit by Little's law (inside over leaving), as TCP counts in round trips. The load is Gradient2's:
 * 1 − (latency when calm / latency). Those who are quiet do not count, so that visitors who leave without a word do not
 * fill the house; the cap is the window and they. It is never more than four times what is inside: no windup.
 * Without signals (`undefined`) it holds. Sources and what was tried: docs/adr/0012.
 */
export function decide(
  before: ControllerState,
  signals: Signals | undefined,
  house: Occupancy,
  limits: ControllerBounds,
): Decision {
  const lively = Math.max(0, house.active - house.inactive);
  const learnt = updateEstimates(before, signals, house, lively);
  if (signals === undefined) return decision(learnt, house, limits, 'hold', 'none', 1);
  const now = pressureOf(signals, learnt, limits.targetP99Ms);
  learnt.pressures = appendSample(before.pressures, signals.breakerOpen ? Math.max(1, now.value) : now.value);
  if (signals.breakerOpen) {
    const { second, baselineLatencyMs, pressures, undoneAt } = learnt;
    const noted = { undoneAt, beforeBreach: beforeBreach(before, lively, TARGET_PRESSURE) };
    const fresh = { ...newControllerState(limits), second, baselineLatencyMs, pressures, ...noted };
    return { ...decision(fresh, house, limits, 'close', 'breaker', 1), rate: 0 };
  }
  const memory = undoStall(learnt, lively, TARGET_PRESSURE);
  const { move, factor } = nextAction(memory, signals, now.value, limits);
  const isDown = move === 'back-off' || move === 'decrease';
  const isBusy =
    isDown ||
    memory.second < memory.cooldownUntil ||
    loadOf(memory) > LOAD_LOW ||
    now.value > TARGET_PRESSURE;
  if (isBusy) memory.busyAt = memory.second;
  else if (memory.second - memory.busyAt > FORGET_AFTER_SESSIONS * memory.meanSessionSeconds)
    memory.threshold = null;
  if (isDown) {
    const begins = memory.second >= memory.cooldownUntil || memory.cooldownAfter !== move;
    const window = Math.min(memory.window, lively);
    const cameOfLoad = loadOf(memory) >= LOAD_SIGNIFICANT; // else it was a stall
    if (begins) memory.cooldownFrom = memory.second;
    if (begins && move === 'back-off') memory.beforeBreach = beforeBreach(before, lively, TARGET_PRESSURE);
    if (begins && cameOfLoad && move === 'back-off') memory.ceiling = { window, second: memory.second };
    memory.window = window * factor;
    // At its least the window says nothing of what can be borne.
    memory.threshold = cameOfLoad && memory.window > limits.min ? memory.window * THRESHOLD : null;
    memory.cooldownUntil = memory.second + delayOf(memory);
    memory.cooldownAfter = move;
  } else memory.window *= factor;
  memory.window = clamp(memory.window, limits.min, limits.max);
  const binding = isLimitBinding(memory) || isDown ? now.binding : 'demand';
  return decision(memory, house, limits, move, binding, factor);
}

function updateEstimates(
  before: ControllerState,
  signals: Signals | undefined,
  house: Occupancy,
  lively: number,
): ControllerState {
  const memory: ControllerState = {
    ...before,
    second: before.second + 1,
    lastWaitingAt: house.waiting > 0 ? before.second + 1 : before.lastWaitingAt,
    recentlyActive: appendSample(before.recentlyActive, lively),
    active: appendSample(before.active, house.active),
    admitted: appendSample(before.admitted, house.admitted),
  };
  const back = Math.min(5, before.active.length);
  const left =
    sum(memory.admitted.slice(-back || undefined)) - (house.active - (memory.active.at(-1 - back) ?? 0));
  const present =
    (1 - RETURNING_SHARE) * mean(memory.recentlyActive.slice(-5)) +
    RETURNING_SHARE * mean(memory.active.slice(-5));
  const visit = present / Math.max(0.5, left / Math.max(1, back));
  const known = Math.min(SESSION_SECONDS.most, SESSION_SECONDS.first + memory.second); // longer than it has been watched it is not known
  // Where nobody was answered nobody could leave.
  const isStill = (signals?.requests ?? 0) === 0 && lively > 0;
  if (!isStill)
    memory.meanSessionSeconds += (clamp(visit, SESSION_SECONDS.least, known) - memory.meanSessionSeconds) / 8;
  if (signals === undefined) return memory;

  memory.requests = appendSample(before.requests, signals.requests);
  memory.writes = [...before.writes, [signals.writes, signals.writesMs] as [number, number]].slice(-3);
  const { count, ms } = meanOf(memory.writes);
  const isKnown = count >= MEAN_MIN_WRITES;
  if (isKnown) memory.baselineLatencyMs = Math.min((memory.baselineLatencyMs ?? ms) * BASELINE_GROWTH, ms);
  const waits = isKnown && memory.baselineLatencyMs !== null ? 1 - memory.baselineLatencyMs / ms : 0;
  memory.loads = appendSample(before.loads, Math.max(waits, signals.poolBusy));
  return memory;
}

/** Turns until a step has shown its effect; who only looks around has done so at once. */
const delayOf = ({ meanSessionSeconds, writes }: ControllerState): number =>
  writes.every(([count]) => count === 0) ? 3 : Math.max(3, Math.round(meanSessionSeconds * 0.8));

/** The second highest of the time in which the present visitors came: one second may be a stall of the database's. */
const loadOf = (memory: ControllerState): number => {
  const [, second = 0] = memory.loads.slice(-delayOf(memory)).sort((a, b) => b - a);
  return Math.max(0.02, second);
};

/** Whether it is the door that keeps out those who wait; with little to do, that it did a moment ago and soon may. */
function isLimitBinding(memory: ControllerState): boolean {
  const { recentlyActive, window, second, lastWaitingAt } = memory;
  const isIdle = loadOf(memory) < IDLE && mean(memory.pressures.slice(-3)) < IDLE;
  const [ago, share] = isIdle ? [RECENT_SECONDS, 1 / HEADROOM_FACTOR] : [0, 0.9];
  return second - lastWaitingAt <= ago && Math.max(...recentlyActive.slice(-2)) >= share * window;
}

function nextAction(
  memory: ControllerState,
  signals: Signals,
  value: number,
  { targetP99Ms, min }: ControllerBounds,
): { move: Action; factor: number } {
  const smooth = medianOf(memory.pressures.slice(-3));
  const wasBreached = (turnsAgo: number): boolean => (memory.pressures.at(-1 - turnsAgo) ?? 0) >= 1;
  const lasts = wasBreached(1);
  const completesCut = lasts && !wasBreached(2) && memory.second === memory.cooldownFrom + 1;
  const isResting = memory.second < memory.cooldownUntil;
  if (value >= 1 && (!isResting || completesCut || memory.cooldownAfter === 'decrease')) {
    const served = servedOf(signals, targetP99Ms);
    if (completesCut)
      return {
        move: 'back-off',
        factor: clamp(
          served / BACK_OFF_FACTOR.first,
          BACK_OFF_FACTOR.least / BACK_OFF_FACTOR.first,
          BACK_OFF_FACTOR.most,
        ),
      };
    return {
      move: 'back-off',
      factor: clamp(served, lasts ? BACK_OFF_FACTOR.least : BACK_OFF_FACTOR.first, BACK_OFF_FACTOR.most),
    };
  }
  if (isResting) return { move: 'hold', factor: 1 };
  if (smooth >= TARGET_PRESSURE) return { move: 'decrease', factor: DECREASE_FACTOR };
  if (!isLimitBinding(memory)) return { move: 'hold', factor: 1 };
  return { move: 'increase', factor: growthOf(memory, smooth, min) };
}

function growthOf(memory: ControllerState, smooth: number, least: number): number {
  const load = loadOf(memory);
  const headroom = Math.min(1 - smooth / TARGET_PRESSURE, Math.max(0, (LOAD_SATURATION - load) / 0.1));
  const creep = 1 + (SLOW_GROWTH_SHARE / memory.meanSessionSeconds) * headroom;
  if (load >= LOAD_LOW || memory.window >= (memory.threshold ?? Infinity)) return creep;
  // Those who came within the delay have not shown their load yet, nor have those who have not asked for anything: it is
  // judged by the others.
  const delay = delayOf(memory);
  const shown = Math.min(memory.recentlyActive.at(-delay) ?? 0, sum(memory.requests.slice(-delay)));
  const seasoned = Math.max(least, shown);
  const bearable = (LOAD_TARGET * seasoned) / load;
  const room = (bearable / memory.window) ** (1 / (0.5 * delay));
  const proven =
    ((shown < least ? GROWTH_FROM_OBSERVED.first : GROWTH_FROM_OBSERVED.later) * seasoned) / memory.window;
  const fast = Math.min(MAX_STEP_FACTOR, proven, room, ceilingOf(memory, bearable) / memory.window);
  return Math.max(fast, creep);
}

/** The window up to which growth may be fast, when the load speaks of so many that are bearable. */
function ceilingOf({ ceiling, second, meanSessionSeconds }: ControllerState, bearable: number): number {
  const isForgotten = ceiling === null || second - ceiling.second > CEILING.visits * meanSessionSeconds;
  return isForgotten || bearable >= CHANGED_FACTOR * ceiling.window
    ? Infinity
    : CEILING.share * ceiling.window;
}

/** The rate lets in as many as leave and a quarter more, and the growth: a window that has emptied fills gently. */
function decision(
  memory: ControllerState,
  house: Occupancy,
  limits: ControllerBounds,
  move: Action,
  binding: Bottleneck,
  factor: number,
): Decision {
  const turnover = mean(memory.recentlyActive.slice(-5)) / Math.max(1, mean(memory.admitted.slice(-5)));
  const stay = Math.min(memory.meanSessionSeconds, Math.max(SESSION_SECONDS.least, turnover));
  const rate = (1.25 * memory.window) / stay + Math.max(0, factor - 1) * memory.window;
  const cap = clamp(Math.ceil(house.inactive + memory.window), limits.min, limits.max);
  return { limit: cap, rate: Math.max(limits.min, rate), action: move, bottleneck: binding, state: memory };
}

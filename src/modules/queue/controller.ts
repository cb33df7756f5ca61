import { quantileMs, type Signals } from './signals';
import { beforeBreach, type BeforeBreach, UNDO_EVERY, undoStall } from './stall';

/** What the operator has set. */
export interface Limits {
  /** The objective: p99 of the requests of those inside. */
  sloMs: number;
  least: number;
  most: number;
}

/** The queue at the moment of a decision. */
export interface House {
  waiting: number;
  inside: number;
  /** Of those inside: have not asked for anything for QUIET_SECONDS. */
  quiet: number;
  /** Let in since the last decision. */
  admitted: number;
}

/** Which signal is closest to its limit. */
export const BINDINGS = ['latency', 'failures', 'pool', 'event loop', 'breaker', 'crowd', 'none'] as const;
export type Binding = (typeof BINDINGS)[number];
export const MOVES = ['grow', 'hold', 'ease', 'cut', 'shut'] as const;
export type Move = (typeof MOVES)[number];

/** What the controller remembers from one decision to the next. */
export interface Memory {
  turn: number;
  /** Lively visitors that are let be inside. */
  window: number;
  /** Beyond it growth is slow: there was a breach. `null`: none is known. */
  threshold: number | null;
  /** The last breach that came of load: how many were let be inside, and when. Fast growth ends before it. */
  ceiling: { window: number; turn: number } | null;
  /** How it was before the last breach that came out of calm: it may turn out to have been a stall. */
  before: BeforeBreach | null;
  /** When a stall's cut was last taken back. */
  undoneAt: number;
  /** How long a visit takes, as far as is known, seconds. */
  visit: number;
  /** Mean latency of a write when nothing waits, ms; `null`: none was seen. */
  calmMs: number | null;
  restFrom: number;
  restUntil: number;
  /** After what it rests. */
  restAfter: Move;
  busyAt: number;
  /** When somebody was last waiting. */
  waitedAt: number;
  /** Of the last turns, the newest last. */
  lively: number[];
  inside: number[];
  admitted: number[];
  /** Requests. */
  asked: number[];
  loads: number[];
  pressures: number[];
  writes: [count: number, ms: number][];
}

export interface Decision {
  /** Most visitors inside. */
  cap: number;
  /** Most admissions a second. */
  rate: number;
  move: Move;
  binding: Binding;
  memory: Memory;
}

/** After so long without a request a visitor is thinking for long, or gone without a word: no load, as long as it is. */
export const QUIET_SECONDS = 10;

/** Share of failed requests that counts as a breach, as in the study; of at least so many requests. */
const FAILED_SHARE = 0.01;
const FAILED_OF_LEAST = 100;
/** Fewer have no p99 worth the name. */
const P99_OF_LEAST = 20;
/** Fewer writes in three seconds have no mean worth the name. */
const MEAN_OF_LEAST = 60;

/** Pressure (signal over limit) up to which the door is opened further. */
const TARGET = 0.5;
/** p99 of the work alone, by its mean; and what share of the objective it may be taken for. */
const WORK_P99 = 2;
const WORK_MOST = 0.5;
/** Load (share of the time in which a write waits for others) to grow towards in slow start, and to stop at. */
const LOAD_TARGET = 0.9;
const LOAD_CALM = 0.8;
const FASTEST = 2;
/** … and to so many times those whose load has shown: it may be misjudged, most of all when none has shown any yet. */
const PROVEN = { first: 4, later: 8 };
/** With less load and pressure the window grows when it is not AHEAD of those inside, AGO seconds after the last waited. */
const IDLE = 0.1;
const AHEAD = 2;
const AGO = 10;
/** With less load a breach does not come of those inside. */
const LOAD_TOLD = 0.5;
const LOAD_KNEE = 0.94;
/** Growth per visit's length when the objective is near, as a share of the window. */
const CREEP = 0.06;
const EASE = 0.95;
/** The first second of a breach may be a stall: it cuts no deeper than this. The next one cuts the rest. */
const CUT = { first: 0.8, least: 0.5, most: 0.9 };
const THRESHOLD = 0.95;
/** Up to what share of the last breach's window growth is fast, for so many visit lengths; … */
const CEILING = { share: 0.9, visits: 20 };
/** … unless the load speaks of so many times as many: then the backend is another. */
const CHANGED = 2;
/** Visit lengths without a busy turn after which a breach is forgotten. */
const FORGET_VISITS = 1;
/** The memory of the calm latency fades: a backend may have become slower for good (doubles in 23 minutes). */
const FADE = 1.0005;
const VISIT = { least: 4, first: 6, most: 60 };
/** How many of the quiet ones are taken to come back, when the length of a visit is estimated. */
const RETURNING = 0.3;
const TURNS = 60;

export const newMemory = (limits: Limits): Memory => ({
  ...{ turn: 0, window: limits.least, threshold: null, ceiling: null, visit: VISIT.first, calmMs: null },
  ...{ before: null, undoneAt: -UNDO_EVERY },
  ...{ restFrom: 0, restUntil: 0, restAfter: 'hold', busyAt: 0, waitedAt: -AGO },
  ...{ lively: [], inside: [], admitted: [], asked: [], loads: [], pressures: [], writes: [] },
});

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: number[]): number => sum(values) / Math.max(1, values.length);
const meanOf = (writes: Memory['writes']): { count: number; ms: number } => {
  const count = sum(writes.map(([each]) => each));
  return { count, ms: sum(writes.map(([, spent]) => spent)) / Math.max(1, count) };
};
/** Of three, of which those that are not known are none. */
const medianOf = ([a = 0, b = 0, c = 0]: number[]): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
/** Rounded: the memory travels as text. */
const keep = (values: number[], value: number): number[] =>
  [...values, Math.round(value * 1000) / 1000].slice(-TURNS);

/** Waits over the objective: they are part of a latency, so the same objective bounds them. */
function delaysOf(signals: Signals, sloMs: number): [Binding, number][] {
  const p99 = signals.requests >= P99_OF_LEAST ? quantileMs(signals, 0.99) : 0;
  return [
    ['latency', p99 / sloMs],
    ['pool', signals.poolWaitMs / sloMs],
    ['event loop', signals.loopDelayMs / sloMs],
  ];
}

/**
 * Each signal over its limit, and the worst of them: 1 is the limit. Of the latency only what is left of the objective
 * beside the work itself counts: of a request that takes half of it when nothing waits, the other half is to be used.
 * Before enough writes were seen to know that, those few tell.
 */
function pressureOf(
  signals: Signals,
  { calmMs, writes }: Memory,
  sloMs: number,
): { value: number; binding: Binding } {
  const failed = signals.failed / Math.max(signals.requests, FAILED_OF_LEAST) / FAILED_SHARE;
  const work = Math.min(WORK_MOST, (WORK_P99 * (calmMs ?? meanOf(writes).ms)) / sloMs);
  const delays = delaysOf(signals, sloMs).map(([binding, share]): [Binding, number] =>
    binding === 'latency' ? [binding, Math.max(0, share - work) / (1 - work)] : [binding, share],
  );
  const shares: [Binding, number][] = [...delays, ['failures', failed]];
  const [binding, value] = shares.reduce((worst, each) => (each[1] > worst[1] ? each : worst));
  return { value, binding };
}

/** How much of the load could be served: those who were, and no more than would have been in time. */
function servedOf(signals: Signals, sloMs: number): number {
  const longest = Math.max(1, ...delaysOf(signals, sloMs).map(([, share]) => share));
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
export function decide(before: Memory, signals: Signals | undefined, house: House, limits: Limits): Decision {
  const lively = Math.max(0, house.inside - house.quiet);
  const learnt = learn(before, signals, house, lively);
  if (signals === undefined) return decision(learnt, house, limits, 'hold', 'none', 1);
  const now = pressureOf(signals, learnt, limits.sloMs);
  learnt.pressures = keep(before.pressures, signals.broken ? Math.max(1, now.value) : now.value);
  if (signals.broken) {
    const { turn, calmMs, pressures, undoneAt } = learnt;
    const noted = { undoneAt, before: beforeBreach(before, lively, TARGET) };
    const fresh = { ...newMemory(limits), turn, calmMs, pressures, ...noted };
    return { ...decision(fresh, house, limits, 'shut', 'breaker', 1), rate: 0 };
  }
  const memory = undoStall(learnt, lively, TARGET);
  const { move, factor } = nextMove(memory, signals, now.value, limits);
  const isDown = move === 'cut' || move === 'ease';
  const isBusy = isDown || memory.turn < memory.restUntil || loadOf(memory) > LOAD_CALM || now.value > TARGET;
  if (isBusy) memory.busyAt = memory.turn;
  else if (memory.turn - memory.busyAt > FORGET_VISITS * memory.visit) memory.threshold = null;
  if (isDown) {
    const begins = memory.turn >= memory.restUntil || memory.restAfter !== move;
    const window = Math.min(memory.window, lively);
    const cameOfLoad = loadOf(memory) >= LOAD_TOLD; // else it was a stall
    if (begins) memory.restFrom = memory.turn;
    if (begins && move === 'cut') memory.before = beforeBreach(before, lively, TARGET);
    if (begins && cameOfLoad && move === 'cut') memory.ceiling = { window, turn: memory.turn };
    memory.window = window * factor;
    // At its least the window says nothing of what can be borne.
    memory.threshold = cameOfLoad && memory.window > limits.least ? memory.window * THRESHOLD : null;
    memory.restUntil = memory.turn + delayOf(memory);
    memory.restAfter = move;
  } else memory.window *= factor;
  memory.window = clamp(memory.window, limits.least, limits.most);
  const binding = isFull(memory) || isDown ? now.binding : 'crowd';
  return decision(memory, house, limits, move, binding, factor);
}

function learn(before: Memory, signals: Signals | undefined, house: House, lively: number): Memory {
  const memory: Memory = {
    ...before,
    turn: before.turn + 1,
    waitedAt: house.waiting > 0 ? before.turn + 1 : before.waitedAt,
    lively: keep(before.lively, lively),
    inside: keep(before.inside, house.inside),
    admitted: keep(before.admitted, house.admitted),
  };
  const back = Math.min(5, before.inside.length);
  const left =
    sum(memory.admitted.slice(-back || undefined)) - (house.inside - (memory.inside.at(-1 - back) ?? 0));
  const present = (1 - RETURNING) * mean(memory.lively.slice(-5)) + RETURNING * mean(memory.inside.slice(-5));
  const visit = present / Math.max(0.5, left / Math.max(1, back));
  const known = Math.min(VISIT.most, VISIT.first + memory.turn); // longer than it has been watched it is not known
  // Where nobody was answered nobody could leave.
  const isStill = (signals?.requests ?? 0) === 0 && lively > 0;
  if (!isStill) memory.visit += (clamp(visit, VISIT.least, known) - memory.visit) / 8;
  if (signals === undefined) return memory;

  memory.asked = keep(before.asked, signals.requests);
  memory.writes = [...before.writes, [signals.writes, signals.writesMs] as [number, number]].slice(-3);
  const { count, ms } = meanOf(memory.writes);
  const isKnown = count >= MEAN_OF_LEAST;
  if (isKnown) memory.calmMs = Math.min((memory.calmMs ?? ms) * FADE, ms);
  const waits = isKnown && memory.calmMs !== null ? 1 - memory.calmMs / ms : 0;
  memory.loads = keep(before.loads, Math.max(waits, signals.poolBusy));
  return memory;
}

/** Turns until a step has shown its effect; who only looks around has done so at once. */
const delayOf = ({ visit, writes }: Memory): number =>
  writes.every(([count]) => count === 0) ? 3 : Math.max(3, Math.round(visit * 0.8));

/** The second highest of the time in which the present visitors came: one second may be a stall of the database's. */
const loadOf = (memory: Memory): number => {
  const [, second = 0] = memory.loads.slice(-delayOf(memory)).sort((a, b) => b - a);
  return Math.max(0.02, second);
};

/** Whether it is the door that keeps out those who wait; with little to do, that it did a moment ago and soon may. */
function isFull(memory: Memory): boolean {
  const { lively, window, turn, waitedAt } = memory;
  const isIdle = loadOf(memory) < IDLE && mean(memory.pressures.slice(-3)) < IDLE;
  const [ago, share] = isIdle ? [AGO, 1 / AHEAD] : [0, 0.9];
  return turn - waitedAt <= ago && Math.max(...lively.slice(-2)) >= share * window;
}

function nextMove(
  memory: Memory,
  signals: Signals,
  value: number,
  { sloMs, least }: Limits,
): { move: Move; factor: number } {
  const smooth = medianOf(memory.pressures.slice(-3));
  const wasBreached = (turnsAgo: number): boolean => (memory.pressures.at(-1 - turnsAgo) ?? 0) >= 1;
  const lasts = wasBreached(1);
  const completesCut = lasts && !wasBreached(2) && memory.turn === memory.restFrom + 1;
  const isResting = memory.turn < memory.restUntil;
  if (value >= 1 && (!isResting || completesCut || memory.restAfter === 'ease')) {
    const served = servedOf(signals, sloMs);
    if (completesCut)
      return { move: 'cut', factor: clamp(served / CUT.first, CUT.least / CUT.first, CUT.most) };
    return { move: 'cut', factor: clamp(served, lasts ? CUT.least : CUT.first, CUT.most) };
  }
  if (isResting) return { move: 'hold', factor: 1 };
  if (smooth >= TARGET) return { move: 'ease', factor: EASE };
  if (!isFull(memory)) return { move: 'hold', factor: 1 };
  return { move: 'grow', factor: growthOf(memory, smooth, least) };
}

function growthOf(memory: Memory, smooth: number, least: number): number {
  const load = loadOf(memory);
  const headroom = Math.min(1 - smooth / TARGET, Math.max(0, (LOAD_KNEE - load) / 0.1));
  const creep = 1 + (CREEP / memory.visit) * headroom;
  if (load >= LOAD_CALM || memory.window >= (memory.threshold ?? Infinity)) return creep;
  // Those who came within the delay have not shown their load yet, nor have those who have not asked for anything: it is
  // judged by the others.
  const delay = delayOf(memory);
  const shown = Math.min(memory.lively.at(-delay) ?? 0, sum(memory.asked.slice(-delay)));
  const seasoned = Math.max(least, shown);
  const bearable = (LOAD_TARGET * seasoned) / load;
  const room = (bearable / memory.window) ** (1 / (0.5 * delay));
  const proven = ((shown < least ? PROVEN.first : PROVEN.later) * seasoned) / memory.window;
  const fast = Math.min(FASTEST, proven, room, ceilingOf(memory, bearable) / memory.window);
  return Math.max(fast, creep);
}

/** The window up to which growth may be fast, when the load speaks of so many that are bearable. */
function ceilingOf({ ceiling, turn, visit }: Memory, bearable: number): number {
  const isForgotten = ceiling === null || turn - ceiling.turn > CEILING.visits * visit;
  return isForgotten || bearable >= CHANGED * ceiling.window ? Infinity : CEILING.share * ceiling.window;
}

/** The rate lets in as many as leave and a quarter more, and the growth: a window that has emptied fills gently. */
function decision(
  memory: Memory,
  house: House,
  limits: Limits,
  move: Move,
  binding: Binding,
  factor: number,
): Decision {
  const turnover = mean(memory.lively.slice(-5)) / Math.max(1, mean(memory.admitted.slice(-5)));
  const stay = Math.min(memory.visit, Math.max(VISIT.least, turnover));
  const rate = (1.25 * memory.window) / stay + Math.max(0, factor - 1) * memory.window;
  const cap = clamp(Math.ceil(house.quiet + memory.window), limits.least, limits.most);
  return { cap, rate: Math.max(limits.least, rate), move, binding, memory };
}

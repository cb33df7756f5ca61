import { decide } from '../../../src/modules/waiting-room/admission/controller/controller';
import type {
  ControllerState,
  Decision,
} from '../../../src/modules/waiting-room/admission/controller/decision';
import { newControllerState } from '../../../src/modules/waiting-room/admission/controller/estimates';
import {
  recordRequest,
  type Signals,
  emptySignals,
} from '../../../src/modules/waiting-room/admission/signals';

const LIMITS = { targetP99Ms: 200, min: 30, max: 1000, start: 30 };
const VISIT_SECONDS = 8;
/** More than this would be too many. */
const CAPACITY = 1500;
const STALLS_AT = 100;
/** Back to normal within this many seconds. */
const BACK = 5;

/** A second in which each of those active asked every two seconds. */
function served(active: number, msAlone = 8): Signals {
  const signals = emptySignals();
  const load = Math.min(0.99, active / CAPACITY);
  const requests = Math.round(active / 2);
  for (let i = 0; i < requests; i++) recordRequest(signals, msAlone / (1 - load / 2), false, i % 2 === 0);
  return { ...signals, poolBusy: load / 2 };
}

/** A second in which a few are answered, late or not at all. */
function stalled(): Signals {
  const signals = emptySignals();
  for (let i = 0; i < 200; i++) recordRequest(signals, 2500, i % 2 === 0, true);
  return { ...signals, poolWaitMs: 1000 };
}

/** What is seen in the stall's seconds. */
const STALLS: Record<string, (second: number) => Signals | undefined> = {
  'late answers and failures': stalled,
  'no answers at all': emptySignals,
  'an open breaker from the second second on': (second) => ({ ...stalled(), breakerOpen: second > 0 }),
  'a breaker that is open, and no answers': () => ({ ...emptySignals(), breakerOpen: true }),
  'no reports, as Redis is away': () => undefined,
};

/** Caps of each second: a crowd waits all the time, the backend stalls once, and what was stuck then ends late. */
function run(stall: (second: number) => Signals | undefined, seconds: number): Decision[] {
  let state: ControllerState = newControllerState(LIMITS);
  let active = 0;
  let admitted = 0;
  const decisions: Decision[] = [];
  for (let second = 0; second < STALLS_AT + seconds + 20; second++) {
    const since = second - STALLS_AT;
    const isStalled = since >= 0 && since < seconds;
    const seen = isStalled ? stall(since) : since === seconds ? stalled() : served(active);
    const decision = decide(state, seen, { waiting: 1e6, active, inactive: 0, admitted }, LIMITS);
    if (!isStalled) active -= active / VISIT_SECONDS;
    admitted = Math.max(0, Math.min(decision.limit - active, decision.rate));
    active += admitted;
    state = decision.state;
    decisions.push(decision);
  }
  return decisions;
}

describe('the controller after a stall of the backend', () => {
  it.each(
    Object.keys(STALLS).flatMap((what) =>
      [1, 2, 3, 5, 10].map((seconds): [string, number] => [what, seconds]),
    ),
  )('lets in as many as before within 5 s: %s for %d s', (what, seconds) => {
    const decisions = run(STALLS[what] ?? emptySignals, seconds);
    const before = decisions[STALLS_AT - 1];
    const after = decisions[STALLS_AT + seconds + BACK];
    expect(before?.limit).toBe(1000);
    expect(after?.limit).toBe(1000);
    expect(after?.state.meanSessionSeconds).toBeLessThan(1.5 * (before?.state.meanSessionSeconds ?? 0));
    expect(after?.state.baselineLatencyMs).toBeLessThan(1.1 * (before?.state.baselineLatencyMs ?? 0));
    for (const { action } of decisions.slice(STALLS_AT + seconds + BACK))
      expect(['increase', 'hold']).toContain(action);
  });

  /** A breach that comes out of calm, and the decisions that follow it, when this many are still active. */
  function breached(
    recentlyActive: number,
    seconds: Signals[],
    more: Partial<ControllerState> = {},
  ): Decision {
    const calm = run(emptySignals, 0)[STALLS_AT - 1]?.state ?? newControllerState(LIMITS);
    const occupancy = { waiting: 1e6, active: 1000, inactive: 0, admitted: 100 };
    let last = decide({ ...calm, ...more }, stalled(), occupancy, LIMITS);
    for (const signals of seconds)
      last = decide(last.state, signals, { ...occupancy, active: recentlyActive, admitted: 0 }, LIMITS);
    return last;
  }
  const calmSecond = served(500);

  it('takes a decrease back after two calm seconds', () => {
    expect(breached(900, [calmSecond]).limit).toBe(800);
    expect(breached(900, [calmSecond, calmSecond]).limit).toBe(1000);
    expect(breached(900, [calmSecond, stalled(), calmSecond]).limit).toBe(800);
  });

  it('keeps the decrease when the users have left who may have caused the breach', () => {
    expect(breached(500, [calmSecond, calmSecond]).limit).toBe(1000);
    expect(breached(499, [calmSecond, calmSecond]).limit).toBe(800);
  });

  it('keeps the decrease when as much was served meanwhile as before: it was an overload', () => {
    const overloaded = { ...served(900), poolWaitMs: 1000 };
    const calm = run(emptySignals, 0)[STALLS_AT - 1]?.state ?? newControllerState(LIMITS);
    const occupancy = { waiting: 1e6, active: 1000, inactive: 0, admitted: 100 };
    let last = decide(calm, overloaded, occupancy, LIMITS);
    for (const signals of [calmSecond, calmSecond])
      last = decide(last.state, signals, { ...occupancy, active: 900, admitted: 0 }, LIMITS);
    expect(last.limit).toBe(800);
  });

  it('takes a decrease back at most once a minute: a breach that comes again is no stall', () => {
    const turn = 101; // of the breach, by the memory
    expect(breached(900, [calmSecond, calmSecond], { undoneAt: turn + 2 - 60 }).limit).toBe(1000);
    expect(breached(900, [calmSecond, calmSecond], { undoneAt: turn + 2 - 59 }).limit).toBe(800);
  });
});

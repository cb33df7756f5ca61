import { decide } from '../../src/modules/waiting-room/admission/controller/controller';
import type {
  ControllerState,
  Decision,
  Occupancy,
} from '../../src/modules/waiting-room/admission/controller/decision';
import { newControllerState } from '../../src/modules/waiting-room/admission/controller/estimates';
import { recordRequest, type Signals, emptySignals } from '../../src/modules/waiting-room/admission/signals';

const LIMITS = { targetP99Ms: 200, min: 30, max: 5000, start: 30 };

/** A second in which so many requests were answered in `ms` each, and whatever else is said. */
function second({ ms = 1, requests = 500, ...rest }: Partial<Signals> & { ms?: number } = {}): Signals {
  const signals = emptySignals();
  for (let i = 0; i < requests; i++) recordRequest(signals, ms, false, false);
  return { ...signals, ...rest };
}

/** How far a wait is over its objective. */
const pressed = (share: number): Signals => second({ poolWaitMs: share * LIMITS.targetP99Ms });

/** `recentlyActive` users are active, as many come as go, so that each stays for `meanSessionSeconds`. */
const steady = (
  recentlyActive: number,
  meanSessionSeconds = 8,
  more: Partial<Occupancy> = {},
): Occupancy => ({
  ...{ waiting: 10_000, active: recentlyActive, inactive: 0, admitted: recentlyActive / meanSessionSeconds },
  ...more,
});

/** The state after a minute of this occupancy. */
function settled(
  { active, inactive, admitted }: Occupancy,
  more: Partial<ControllerState> = {},
): ControllerState {
  const minute = (value: number): number[] => Array<number>(60).fill(value);
  const recentlyActive = active - inactive;
  return {
    ...newControllerState(LIMITS),
    ...{
      second: 100,
      window: recentlyActive,
      meanSessionSeconds: (0.7 * recentlyActive + 0.3 * active) / admitted,
    },
    ...{ recentlyActive: minute(recentlyActive), active: minute(active), admitted: minute(admitted) },
    ...{
      requests: minute(500),
      served: minute(500),
      loads: minute(0),
      pressures: minute(0),
      writes: Array<[number, number]>(3).fill([1, 1]),
    },
    ...more,
  };
}

const FULL = steady(800);
const at = (state: ControllerState, signals: Signals | undefined, occupancy = FULL): Decision =>
  decide(state, signals, occupancy, LIMITS);

describe('a breach', () => {
  const loads = (load: number): number[] => Array<number>(60).fill(load);
  /** There was a breach a second ago as well. */
  const lasting = { pressures: [0, 1, 1], loads: loads(0.6) };

  it.each<[string, Signals, number]>([
    ['twice the objective', pressed(2), 0.5],
    ['a quarter too long', pressed(1.25), 0.8],
    ['barely too long', pressed(1), 0.9],
    ['ten times the objective', pressed(10), 0.5],
    ['a slow event loop', second({ loopDelayMs: 250 }), 0.8],
    ['three of ten failed', second({ requests: 1000, failed: 300 }), 0.7],
    ['three of ten failed, and slow', second({ requests: 1000, failed: 300, poolWaitMs: 250 }), 0.7],
    ['one of ten failed, and slow', second({ requests: 1000, failed: 100, poolWaitMs: 250 }), 0.8],
  ])('of %s makes the window smaller by the excess, by a tenth to a half', (_what, signals, factor) => {
    const { action, limit, state } = at(settled(FULL, lasting), signals);
    expect([action, limit]).toEqual(['back-off', 800 * factor]);
    expect(state.window).toBeCloseTo(800 * factor, 9);
    expect(state.threshold).toBeCloseTo(0.95 * 800 * factor, 9);
  });

  it('takes a fifth at most in its first second, as it may be a stall, and the rest in the next one', () => {
    const begun = at(settled(FULL), pressed(4));
    expect([begun.action, begun.limit]).toEqual(['back-off', 640]);
    expect(at(settled(FULL), pressed(1)).limit).toBe(720);
    expect(at(begun.state, second()).action).toBe('hold');
    const completed = at(begun.state, pressed(1.6));
    expect([completed.action, completed.limit]).toEqual(['back-off', 800 / 1.6]);
    expect(at(completed.state, pressed(4)).action).toBe('hold');
  });

  it('takes the whole excess, once, when it lasts beyond the cooldown', () => {
    const cut = at(settled(FULL, lasting), pressed(4));
    expect([cut.action, cut.limit]).toEqual(['back-off', 400]);
    expect(at(cut.state, pressed(4)).action).toBe('hold');
  });

  it('does not wait for the cooldown of a decrease', () => {
    const eased = at(settled(FULL, { pressures: [0.6, 0.6] }), pressed(0.6));
    expect([eased.action, at(eased.state, pressed(0.9)).action]).toEqual(['decrease', 'hold']);
    const cut = at(eased.state, pressed(2));
    expect([cut.action, cut.limit]).toEqual(['back-off', 760 * 0.8]);
    expect(at(cut.state, pressed(2)).limit).toBe(760 * 0.5); // completed
  });

  it('leaves no threshold when the load was low: it was a stall', () => {
    const thresholdOf = (load: number): number | null =>
      at(settled(FULL, { ...lasting, loads: loads(load) }), pressed(2)).state.threshold;
    expect([thresholdOf(0.49), thresholdOf(0.5)]).toEqual([null, 380]);
  });

  it('caused by load leaves a ceiling at the window where it began', () => {
    const ceilingOf = (state: Partial<ControllerState>, share: number): ControllerState['ceiling'] =>
      at(settled(FULL, { loads: loads(0.5), ...state }), pressed(share)).state.ceiling;
    const before = { window: 900, second: 50 };
    expect(ceilingOf({}, 2)).toEqual({ window: 800, second: 101 });
    expect(ceilingOf({ loads: loads(0.49), ceiling: before }, 2)).toBe(before); // a stall
    expect(ceilingOf({ pressures: [0.9, 0.9], ceiling: before }, 0.9)).toBe(before); // an ease
    const begun = at(settled(FULL, { loads: loads(0.5) }), pressed(2)).state;
    expect(at(begun, pressed(2)).state.ceiling).toBe(begun.ceiling); // completed
  });

  it('leaves no threshold when the window is at its minimum', () => {
    const atLeast = at(settled(steady(31), lasting), pressed(2), steady(31));
    expect([atLeast.action, atLeast.limit, atLeast.state.threshold]).toEqual(['back-off', 30, null]);
  });

  it('of latency counts like any other delay', () => {
    const { action, bottleneck, limit } = at(settled(FULL, lasting), second({ ms: 300 }));
    expect([action, bottleneck]).toEqual(['back-off', 'latency']);
    expect(limit / 800).toBeCloseTo(200 / 300, 1);
  });

  it('is taken from the recently active users, or from the window if that is smaller', () => {
    expect(at(settled(FULL, { window: 5000, ...lasting }), pressed(2)).limit).toBe(400);
    expect(at(settled(FULL, { window: 600, ...lasting }), pressed(2)).limit).toBe(300);
  });

  it('is followed by a cooldown of four fifths of a session', () => {
    for (const [meanSessionSeconds, turns] of [
      [40, 32],
      [8, 6],
      [4, 3],
    ] as const) {
      const occupancy = steady(800, meanSessionSeconds);
      let { state } = at(at(settled(occupancy), pressed(2), occupancy).state, pressed(2), occupancy);
      expect(state.cooldownUntil - state.second).toBe(turns);
      const { window } = state;
      for (let turn = 1; turn < turns; turn++) {
        const next = at(state, pressed(2), occupancy);
        expect([next.action, next.state.window]).toEqual(['hold', window]);
        state = { ...next.state, meanSessionSeconds: meanSessionSeconds };
      }
      expect(at(state, pressed(2), occupancy).action).toBe('back-off');
    }
  });

  it('begins at 1 % of failures, of a hundred requests at least', () => {
    const moveOf = (requests: number, failed: number): string =>
      at(settled(FULL), second({ requests, failed })).action;
    expect([moveOf(1000, 10), moveOf(10_000, 99)]).toEqual(['back-off', 'increase']);
    expect([moveOf(10, 1), moveOf(10, 0)]).toEqual(['back-off', 'increase']);
  });

  it('of latency needs twenty requests', () => {
    const moveOf = (requests: number): string => at(settled(FULL), second({ ms: 900, requests })).action;
    expect([moveOf(19), moveOf(20)]).toEqual(['increase', 'back-off']);
  });

  it.each<[string, Partial<Signals>]>([
    ['latency', { ms: 900 } as Partial<Signals>],
    ['failures', { failed: 50 }],
    ['pool', { poolWaitMs: 500 }],
    ['event-loop', { loopDelayMs: 500 }],
  ])('is named after the worst signal: %s', (bottleneck, worst) => {
    const others = { poolWaitMs: 201, loopDelayMs: 201, failed: 6 };
    expect(at(settled(FULL), second({ ms: 201, ...others, ...worst })).bottleneck).toBe(bottleneck);
  });
});

describe('pressure above the target', () => {
  const after = (pressures: number[], now: number): Decision =>
    at(settled(FULL, { pressures, loads: Array<number>(60).fill(0.6) }), pressed(now));

  it('decreases the window by a twentieth when it lasts for two of three seconds', () => {
    const { action, state, limit } = after([0.5, 0.5], 0.51);
    expect([action, limit]).toEqual(['decrease', 760]);
    expect(state.threshold).toBeCloseTo(0.95 * 760, 9);
    expect(state.cooldownUntil).toBe(state.second + 6);
    expect(after([0.49, 0.3], 0.95).action).toBe('increase');
    expect(at(settled(FULL, { pressures: [0.5, 0.9] }), emptySignals()).action).toBe('decrease'); // just the target
    expect(after([0.9, 0], 0.5).action).toBe('decrease');
    expect(after([], 0.95).action).toBe('increase');
    expect(after([9, 0, 0], 0.8).action).toBe('increase'); // longer ago
  });

  it('does not include the time of the work itself, as known from the writes', () => {
    const moveOf = (state: Partial<ControllerState>): string =>
      at(settled(FULL, { pressures: [0, 0.9], ...state }), second({ ms: 120 })).action;
    expect(moveOf({ baselineLatencyMs: 1 })).toBe('decrease');
    expect(moveOf({ baselineLatencyMs: 30 })).toBe('increase'); // (0.6 - 0.3) / 0.7
    expect(
      moveOf({
        writes: [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      }),
    ).toBe('decrease');
    expect(
      moveOf({
        writes: [
          [0, 0],
          [0, 0],
          [9, 270],
        ],
      }),
    ).toBe('increase');
  });
});

describe('growth', () => {
  const grow = (state: Partial<ControllerState>, occupancy = FULL, signals = emptySignals()): Decision =>
    at(settled(occupancy, state), signals, occupancy);
  const factorOf = ({ state }: Decision, before = 800): number => state.window / before;
  const loads = (load: number): number[] => Array<number>(60).fill(load);

  it('at most doubles the window', () => {
    const decision = grow({});
    expect(decision).toMatchObject({ action: 'increase', limit: 1600 });
    expect(factorOf(decision)).toBe(2);
  });

  it('is faster the farther the load is from nine tenths', () => {
    const turns = 0.5 * 6; // of the delay of six
    expect(factorOf(grow({ loads: loads(0.45) }))).toBeCloseTo(2 ** (1 / turns), 6);
    expect(factorOf(grow({ loads: loads(0.6) }))).toBeCloseTo(1.5 ** (1 / turns), 6);
  });

  it('follows the room that the window leaves, even when fewer users are active yet', () => {
    const loaded = { loads: loads(0.45), window: 850 };
    expect(factorOf(grow(loaded), 850)).toBeCloseTo(((2 * 800) / 850) ** (1 / 3), 6);
  });

  it.each([
    ['up to nine tenths of the last breach', { window: 1000, second: 100 }, 1.125],
    ['not beyond', { window: 860, second: 100 }, 1 + 0.06 / 8],
    ['not at all from 94 % of it on', { window: 851, second: 100 }, 1],
    ['when it is twenty visits ago', { window: 800, second: 101 - 161 }, 1.5 ** (1 / 3)],
    ['not before', { window: 860, second: 101 - 160 }, 1 + 0.06 / 8],
    ['when the load speaks of twice as many', { window: 600, second: 100 }, 1.5 ** (1 / 3)],
    ['not of a little less', { window: 601, second: 100 }, 1],
  ])('is fast %s', (_when, ceiling, factor) => {
    expect(factorOf(grow({ loads: loads(0.6), ceiling }))).toBeCloseTo(factor, 6); // of 1,200 that are bearable
  });

  it('is judged by the users who came before the delay, and by the second highest load since', () => {
    const grown = [...Array<number>(50).fill(9), 800, 800, 800, 800, 800, 800, 1200, 1200, 1200, 1200];
    const admitted = [...Array<number>(56).fill(9), 230, 230, 230, 230];
    const occupancy = { ...FULL, active: 1200, admitted: 230 };
    const state = { recentlyActive: grown, active: grown, admitted, loads: loads(0.45), window: 1200 };
    const room = (0.9 * 800) / (0.45 * 1200);
    expect(factorOf(at(settled(FULL, state), emptySignals(), occupancy), 1200)).toBeCloseTo(
      room ** (1 / 3),
      6,
    );
    const peak = [...loads(0).slice(0, 55), 0.45, 0.9, 0, 0, 0];
    expect(factorOf(grow({ loads: peak }))).toBeCloseTo(2 ** (1 / 3), 6);
    const stall = [...loads(0).slice(0, 56), 0.9, 0, 0, 0];
    expect(factorOf(grow({ loads: stall }))).toBe(2);
    const past = [...loads(0).slice(0, 50), 0.45, 0.45, ...loads(0).slice(0, 8)];
    expect(factorOf(grow({ loads: past }))).toBe(2);
  });

  it('reaches at most six times the users who came before the delay', () => {
    const grown = [...Array<number>(54).fill(9), 200, 200, 200, 200, 200, 1500];
    const occupancy = { ...FULL, active: 1500 };
    const admitted = [...Array<number>(59).fill(100), 1400]; // as many leave as ever
    const state = { recentlyActive: grown, active: grown, admitted, window: 1000 };
    expect(factorOf(at(settled(FULL, state), emptySignals(), occupancy), 1000)).toBeCloseTo(
      (6 * 200) / 1000,
      6,
    );
  });

  it('reaches at most four times the minimum while nobody came before the delay', () => {
    const occupancy = { ...FULL, active: 100 };
    const state = { recentlyActive: [30, 60], active: [30, 60], admitted: [30, 30], window: 100 };
    expect(factorOf(at(settled(FULL, state), emptySignals(), occupancy), 100)).toBeCloseTo((4 * 30) / 100, 6);
  });

  it.each([
    ['when nobody has asked for anything', 0, (4 * 30) / 100],
    ['when fewer have asked than are let in at the least', 29, (4 * 30) / 100],
    ['when some have asked', 40, (6 * 40) / 200],
  ])('does not count the load of users without a request yet: %s', (_when, requests, factor) => {
    const active = requests < 30 ? 100 : 200;
    const recentlyActive = Array<number>(60).fill(active);
    const asked = [...Array<number>(59).fill(0), requests];
    const state = { recentlyActive, active: recentlyActive, requests: asked, window: active };
    expect(factorOf(at(settled(FULL, state), emptySignals(), { ...FULL, active }), active)).toBeCloseTo(
      factor,
      6,
    );
  });

  it('shows its effect after three seconds where nobody writes', () => {
    const grown = [...Array<number>(56).fill(9), 200, 800, 800, 800];
    const state = { recentlyActive: grown, active: grown, window: 800 };
    const writes: [number, number][] = [[0, 0]];
    expect(factorOf(at(settled(FULL, { ...state, writes }), emptySignals()))).toBe(2);
    expect(factorOf(at(settled(FULL, state), emptySignals()))).toBeLessThan(1.1); // 30 are taken for shown
  });

  it.each([
    ['the load is eight tenths', { loads: loads(0.8) }, 1],
    ['the load is close to the knee', { loads: loads(0.89) }, 0.5],
    ['the load is at the knee', { loads: loads(0.94) }, 0],
    ['the load is beyond it', { loads: loads(0.99) }, 0],
    ['a breach is remembered', { threshold: 800 }, 1],
    ['the pressure is half of the target', { loads: loads(0.8), pressures: [0.9, 0.25, 0.25] }, 1 / 2],
  ])('is 6 % a session when %s', (_when, state, headroom) => {
    const decision = grow(state);
    expect(decision).toMatchObject({ action: 'increase', bottleneck: 'latency' }); // still full: the first of the signals
    expect(factorOf(decision)).toBeCloseTo(1 + (0.06 / 8) * headroom, 6);
  });

  it('is fast below the threshold of a breach', () => {
    expect(factorOf(grow({ threshold: 801 }))).toBe(2);
  });

  it('ends at the configured maximum', () => {
    const occupancy = steady(4900);
    expect(grow({}, occupancy).limit).toBe(LIMITS.max);
    expect(grow({}, occupancy).state.window).toBe(LIMITS.max);
  });

  it('needs a window that is nine tenths full, now or a second ago, and somebody waiting', () => {
    const moveOf = (recentlyActive: number, beforeBreach: number, waiting = 1): string => {
      const occupancy = { ...steady(1000), active: recentlyActive, waiting };
      return grow({ window: 1000, recentlyActive: [beforeBreach], loads: loads(0.1) }, occupancy).action;
    };
    expect([moveOf(900, 0), moveOf(899, 0), moveOf(0, 900), moveOf(0, 899)]).toEqual([
      'increase',
      'hold',
      'increase',
      'hold',
    ]);
    expect(moveOf(1000, 1000, 0)).toBe('hold');
    expect(grow({ window: 1000, recentlyActive: [1000, 0] }, { ...FULL, active: 0 }).action).toBe('hold'); // two seconds ago
  });

  it('goes up to twice the active users at low load when somebody waited within ten seconds', () => {
    const moveOf = (recentlyActive: number, state: Partial<ControllerState>): string =>
      grow(
        { window: 1000, recentlyActive: [0], ...state },
        { ...steady(1000), active: recentlyActive, waiting: 0 },
      ).action;
    const justNow = { lastWaitingAt: 91 }; // ten seconds before turn 101
    expect([moveOf(500, justNow), moveOf(499, justNow)]).toEqual(['increase', 'hold']);
    expect(moveOf(500, { lastWaitingAt: 90 })).toBe('hold');
    expect(moveOf(500, { ...justNow, loads: loads(0.1) })).toBe('hold');
    expect(moveOf(500, { ...justNow, pressures: [0, 0.15, 0.16] })).toBe('hold');
  });

  it('does not happen without demand, and demand is named as the bottleneck', () => {
    expect(at(settled(FULL), second(), { ...FULL, waiting: 0 })).toMatchObject({
      ...{ action: 'hold', bottleneck: 'demand', limit: 800 },
    });
  });
});

describe('the controller’s state', () => {
  /** So many seconds alike. */
  function live(
    turns: number,
    occupancy: Occupancy | ((second: number) => Occupancy),
    signals = second(),
  ): ControllerState {
    let state = newControllerState(LIMITS);
    for (let turn = 1; turn <= turns; turn++)
      ({ state: state } = at(state, signals, typeof occupancy === 'function' ? occupancy(turn) : occupancy));
    return state;
  }

  it('begins with the known window, six seconds a session, and nothing else known', () => {
    expect(newControllerState(LIMITS)).toEqual({
      ...{
        second: 0,
        window: 30,
        threshold: null,
        ceiling: null,
        meanSessionSeconds: 6,
        beforeBreach: null,
        undoneAt: -60,
        baselineLatencyMs: null,
        cooldownUntil: 0,
        cooldownFrom: 0,
        cooldownAfter: 'hold',
        busyAt: 0,
        lastWaitingAt: -10,
      },
      ...{
        recentlyActive: [],
        active: [],
        admitted: [],
        requests: [],
        served: [],
        loads: [],
        pressures: [],
        writes: [],
      },
    });
    const { limit, rate, action } = at(newControllerState(LIMITS), second(), steady(0, 1, { waiting: 0 }));
    expect([limit, rate, action]).toEqual([30, 30, 'hold']);
  });

  it('has the length of a session by Little’s law', () => {
    expect(live(200, steady(800, 40)).meanSessionSeconds).toBeCloseTo(40, 1);
    expect(live(200, steady(800, 10)).meanSessionSeconds).toBeCloseTo(10, 1);
    const inactive = { active: 1000, inactive: 500, admitted: 50, waiting: 0 }; // three in ten of the inactive come back
    expect(live(200, inactive).meanSessionSeconds).toBeCloseTo(13, 1);
    const filling = (second: number): Occupancy => ({
      active: 200 + 2 * second,
      inactive: 0,
      admitted: 12,
      waiting: 0,
    });
    expect(live(100, filling).meanSessionSeconds).toBeGreaterThan(36); // ten leave each second
    expect(live(100, filling).meanSessionSeconds).toBeLessThan(40);
  });

  it('has the length of sessions over the last five seconds', () => {
    const before = [...Array<number>(55).fill(9000), 800, 800, 800, 800, 800];
    const admitted = [...Array<number>(55).fill(9000), 100, 100, 100, 100, 100];
    expect(
      at(settled(FULL, { active: before, recentlyActive: before, admitted }), second()).state
        .meanSessionSeconds,
    ).toBeCloseTo(8, 6);
  });

  it('keeps the length of a session between 4 and 60 seconds, and below the time of observation', () => {
    expect(live(200, steady(800, 1)).meanSessionSeconds).toBeCloseTo(4, 1);
    expect(live(200, steady(800, 100)).meanSessionSeconds).toBeCloseTo(60, 0);
    expect(live(200, { active: 800, inactive: 0, admitted: 0, waiting: 0 }).meanSessionSeconds).toBeCloseTo(
      60,
      0,
    );
    expect(live(10, steady(800, 100)).meanSessionSeconds).toBeLessThan(12);
    expect(live(10, steady(800, 100)).meanSessionSeconds).toBeGreaterThan(7);
  });

  it('keeps samples of a minute, rounded', () => {
    const state = live(200, steady(800, 6), pressed(1 / 6));
    for (const kept of [state.recentlyActive, state.active, state.admitted, state.loads, state.pressures])
      expect(kept).toHaveLength(60);
    expect([state.second, state.pressures.at(-1), state.admitted.at(-1)]).toEqual([200, 0.167, 133.333]);
  });

  const writing = (writes: number, ms: number): Signals => ({ ...second(), writes, writesMs: writes * ms });

  it('has as load the share of time in which connections were in use, if that is more', () => {
    const loadsAfter = (poolBusy: number): number[] =>
      at(settled(FULL), { ...second(), poolBusy }).state.loads;
    expect([loadsAfter(0.7).at(-1), loadsAfter(0).at(-1)]).toEqual([0.7, 0]);
  });

  it('has as load the waiting share of a write’s time, over three seconds', () => {
    const idle = steady(100, 10, { waiting: 0 });
    let { state } = at(newControllerState(LIMITS), writing(100, 10), idle);
    expect([state.baselineLatencyMs, state.loads]).toEqual([10, [0]]);
    for (let i = 0; i < 2; i++) ({ state } = at(state, writing(100, 10), idle));
    expect(state.baselineLatencyMs).toBe(10);
    const loads = [];
    for (let i = 0; i < 3; i++) {
      ({ state } = at(state, writing(100, 20), idle));
      loads.push(state.loads.at(-1));
    }
    expect(loads).toEqual([0.25, 0.399, 0.499]);
    expect(state.baselineLatencyMs).toBeCloseTo(10 * 1.0005 ** 3, 9); // it fades
    ({ state } = at(state, writing(10_000, 5), idle));
    expect(state.baselineLatencyMs).toBeLessThan(6); // and is the least
  });

  it('has no load below sixty writes in three seconds', () => {
    const idle = steady(100, 10, { waiting: 0 });
    const calm = { ...settled(idle), baselineLatencyMs: 10 };
    const one = at(
      {
        ...calm,
        writes: [
          [20, 800],
          [19, 760],
        ],
      },
      writing(20, 40),
      idle,
    ).state;
    expect([one.baselineLatencyMs, one.loads.at(-1)]).toEqual([10, 0]);
    const other = at(
      {
        ...calm,
        writes: [
          [20, 800],
          [20, 800],
        ],
      },
      writing(20, 40),
      idle,
    ).state;
    expect(other.loads.at(-1)).toBeCloseTo(0.75, 2);
  });

  describe('after a breach', () => {
    const idle = steady(100, 1, { waiting: 0 });
    const forgets = (more: Partial<ControllerState>, ...signals: Signals[]): number => {
      let state: ControllerState = {
        ...settled(idle),
        threshold: 50,
        busyAt: 100,
        ...more,
        meanSessionSeconds: 4,
      };
      for (let turns = 1; turns <= 30; turns++) {
        ({ state: state } = at(state, signals[turns % signals.length], idle));
        if (state.threshold === null) return turns;
      }
      return Infinity;
    };

    it('forgets the threshold after a session’s length without a busy second', () => {
      expect(forgets({}, second())).toBe(5);
    });

    it('keeps the threshold while it is busy: pressure, load or cooldown', () => {
      const loaded = { ...pressed(0.51), poolBusy: 0.6 };
      expect(forgets({ loads: Array<number>(60).fill(0.6) }, loaded)).toBe(Infinity);
      expect(forgets({}, pressed(0.49))).toBe(5);
      expect(forgets({}, pressed(0.51), second(), second())).toBe(Infinity); // now and then
      expect(forgets({}, pressed(0.5), second(), second())).toBe(5);
      expect(forgets({ cooldownUntil: 111 }, second())).toBe(10 + 5);
      const loads = (load: number): number[] => [...Array<number>(58).fill(0), load, load];
      expect(forgets({ loads: loads(0.81) }, second())).toBe(1 + 5); // the second highest of three seconds
      expect(forgets({ loads: loads(0.8) }, second())).toBe(5);
    });
  });
});

describe('a decision', () => {
  it('has a rate limit of as many as leave and a quarter more, plus the growth', () => {
    const occupancy = { ...FULL, waiting: 0 };
    expect(at(settled(occupancy), second(), occupancy).rate).toBeCloseTo(1.25 * 100, 6);
    const { rate, state } = at(settled(FULL), second());
    expect(state.window).toBe(1600);
    expect(rate).toBeCloseTo((1.25 * 1600) / 8 + 1600, 6);
    expect(at(settled(FULL), pressed(2)).rate).toBeCloseTo((1.25 * 640) / 8, 6); // a cut is not less than none
  });

  it('follows the turnover of recently active users when inactive ones make sessions look long', () => {
    const occupancy = { active: 1000, inactive: 500, admitted: 100, waiting: 0 };
    const past = { recentlyActive: [...Array<number>(55).fill(9000), 500, 500, 500, 500, 500] };
    const gone = { admitted: [...Array<number>(55).fill(9000), 100, 100, 100, 100, 100] };
    for (const state of [{}, past, gone])
      expect(at(settled(occupancy, state), second(), occupancy).rate).toBeCloseTo((1.25 * 500) / 5, 6);
    const restless = { active: 500, inactive: 0, admitted: 500, waiting: 0 };
    expect(at({ ...settled(restless), meanSessionSeconds: 6 }, second(), restless).rate).toBeCloseTo(
      (1.25 * 500) / 4,
      6,
    );
  });

  it('never has a rate limit below the configured minimum', () => {
    const occupancy = steady(60, 60, { waiting: 0 });
    expect(at(settled(occupancy), second(), occupancy).rate).toBe(30);
  });

  it('has a rate limit of what may come at once while the backend is idle, and not at some load', () => {
    const bounds = { ...LIMITS, start: 300 };
    const [nobody, few] = [steady(0, 1, { waiting: 0 }), steady(60, 60, { waiting: 0 })];
    const rate = (more: Partial<ControllerState>, occupancy: Occupancy): number =>
      decide(settled(occupancy, { meanSessionSeconds: 60, ...more }), second(), occupancy, bounds).rate;
    expect(decide(newControllerState(bounds), second(), nobody, bounds)).toMatchObject({
      limit: 300,
      rate: 300,
    });
    expect(rate({}, few)).toBe(300);
    expect(rate({ loads: Array<number>(60).fill(0.1) }, few)).toBe(30);
    expect(rate({ pressures: [0.2, 0.2, 0.2] }, few)).toBe(30);
  });

  it('has a limit of the window plus the inactive users', () => {
    const occupancy = { active: 900, inactive: 100.5, admitted: 100, waiting: 0 };
    expect(at(settled(occupancy, { window: 800 }), second(), occupancy).limit).toBe(901);
    const asleep = { active: 100, inactive: 300, admitted: 1, waiting: 0 }; // told a moment apart
    expect(at(settled(FULL, { window: 40 }), second(), asleep).state.recentlyActive.at(-1)).toBe(0);
  });

  it('holds without signals, and still samples who is active', () => {
    const before = settled(FULL, { pressures: [0.1], loads: [0.2] });
    const { action, bottleneck, limit, rate, state } = at(before, undefined, { ...FULL, active: 700 });
    expect([action, bottleneck, limit, state.window]).toEqual(['hold', 'none', 800, 800]);
    expect(rate).toBeGreaterThan(100);
    expect([state.pressures, state.loads, state.recentlyActive.at(-1), state.second]).toEqual([
      [0.1],
      [0.2],
      700,
      101,
    ]);
  });

  it('closes while a breaker is open, and keeps only the calm estimates', () => {
    const before = settled(FULL, { threshold: 900, baselineLatencyMs: 7, cooldownUntil: 200 });
    const occupancy = { ...FULL, active: 900, inactive: 100 };
    const bounds = { ...LIMITS, start: 300 };
    const breaking = second({ breakerOpen: true });
    const { action, bottleneck, limit, rate, state } = decide(before, breaking, occupancy, bounds);
    expect([action, bottleneck, limit, rate]).toEqual(['close', 'breaker', 130, 0]);
    const { window, threshold, ceiling, meanSessionSeconds } = before;
    const noted = {
      second: 100,
      window,
      threshold,
      ceiling,
      meanSessionSeconds: meanSessionSeconds,
      recentlyActive: 800,
      served: 500,
    };
    const pressures = [...before.pressures.slice(1), 1];
    expect(state).toEqual({
      ...newControllerState({ ...LIMITS, start: 300 }),
      window: 30,
      second: 101,
      baselineLatencyMs: 7,
      pressures,
      served: [...before.served.slice(1), 500],
      beforeBreach: noted,
    });
  });
});

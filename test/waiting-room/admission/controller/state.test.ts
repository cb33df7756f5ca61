import type {
  ControllerState,
  Occupancy,
} from '../../../../src/modules/waiting-room/admission/controller/decision';
import { newControllerState } from '../../../../src/modules/waiting-room/admission/controller/estimates';
import { type Signals } from '../../../../src/modules/waiting-room/admission/signals';
import { LIMITS, second, pressed, steady, settled, FULL, at } from '../../../support/queue/controller';

describe('the controller’s state', () => {
  /** This many equal seconds. */
  function live(
    turns: number,
    occupancy: Occupancy | ((second: number) => Occupancy),
    signals = second(),
  ): ControllerState {
    let state = newControllerState(LIMITS);
    for (let turn = 1; turn <= turns; turn++)
      ({ state } = at(state, signals, typeof occupancy === 'function' ? occupancy(turn) : occupancy));
    return state;
  }

  it('begins with the known window, six seconds a session, and nothing else known', () => {
    expect(newControllerState(LIMITS)).toEqual({
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
      recentlyActive: [],
      active: [],
      admitted: [],
      requests: [],
      served: [],
      loads: [],
      pressures: [],
      writes: [],
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
        ({ state } = at(state, signals[turns % signals.length], idle));
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

import { decide } from '../../../../src/modules/waiting-room/admission/controller/controller';
import type {
  ControllerState,
  Occupancy,
} from '../../../../src/modules/waiting-room/admission/controller/decision';
import { newControllerState } from '../../../../src/modules/waiting-room/admission/controller/estimates';
import { LIMITS, second, pressed, steady, settled, FULL, at } from '../../../support/queue/controller';

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

  it('admits a whole limit within a second while the backend is idle, and less once it has some load', () => {
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
    const asleep = { active: 100, inactive: 300, admitted: 1, waiting: 0 }; // reported a moment apart
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

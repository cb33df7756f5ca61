import type {
  ControllerState,
  Decision,
} from '../../../../src/modules/waiting-room/admission/controller/decision';
import { emptySignals } from '../../../../src/modules/waiting-room/admission/signals';
import { LIMITS, second, steady, settled, FULL, at } from '../../../support/queue/controller';

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
      action: 'hold',
      bottleneck: 'demand',
      limit: 800,
    });
  });
});

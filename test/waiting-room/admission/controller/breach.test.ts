import type { ControllerState } from '../../../../src/modules/waiting-room/admission/controller/decision';
import { type Signals } from '../../../../src/modules/waiting-room/admission/signals';
import { second, pressed, steady, settled, FULL, at } from '../../../support/queue/controller';

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

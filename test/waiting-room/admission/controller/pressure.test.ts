import type {
  ControllerState,
  Decision,
} from '../../../../src/modules/waiting-room/admission/controller/decision';
import { emptySignals } from '../../../../src/modules/waiting-room/admission/signals';
import { second, pressed, settled, FULL, at } from '../../../support/queue/controller';

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

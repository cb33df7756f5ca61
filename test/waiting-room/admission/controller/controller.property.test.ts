import { decide } from '../../../../src/modules/waiting-room/admission/controller/controller';
import type {
  ControllerState,
  Decision,
  Occupancy,
} from '../../../../src/modules/waiting-room/admission/controller/decision';
import { newControllerState } from '../../../../src/modules/waiting-room/admission/controller/estimates';
import fc from 'fast-check';
import {
  recordRequest,
  type Signals,
  emptySignals,
} from '../../../../src/modules/waiting-room/admission/signals';

const LIMITS = { targetP99Ms: 200, min: 30, max: 5000, start: 30 };

/** A second with this many requests, all of one latency. */
function second(
  of: Partial<Record<'ms' | 'requests' | 'failed' | 'poolWaitMs' | 'loopDelayMs', number>>,
): Signals {
  const { ms = 5, requests = 500, failed = 0, poolWaitMs = 0, loopDelayMs = 0 } = of;
  const signals = { ...emptySignals(), poolWaitMs, loopDelayMs };
  for (let i = 0; i < requests; i++) recordRequest(signals, ms, i < failed, true);
  return signals;
}

const arbitrary = fc.record({
  ms: fc.double({ min: 1, max: 3000, noNaN: true }),
  requests: fc.integer({ min: 0, max: 300 }),
  failed: fc.integer({ min: 0, max: 50 }),
  poolWaitMs: fc.double({ min: 0, max: 1000, noNaN: true }),
  loopDelayMs: fc.double({ min: 0, max: 1000, noNaN: true }),
});
const occupancy = fc.record({
  waiting: fc.integer({ min: 0, max: 10_000 }),
  active: fc.integer({ min: 0, max: 6000 }),
  inactive: fc.integer({ min: 0, max: 3000 }),
  admitted: fc.integer({ min: 0, max: 2000 }),
});
const history = fc.array(fc.record({ signals: fc.option(arbitrary, { freq: 10 }), occupancy }), {
  maxLength: 60,
});

function after(
  past: { signals: Parameters<typeof second>[0] | null; occupancy: Occupancy }[],
): ControllerState {
  let state = newControllerState(LIMITS);
  for (const { signals, occupancy } of past)
    state = decide(state, signals === null ? undefined : second(signals), occupancy, LIMITS).state;
  return state;
}

/** A queue that is filled up to its limit at once, with many waiting; a session lasts `meanSessionSeconds` decisions. */
class Full {
  state = newControllerState(LIMITS);
  decision: Decision | undefined;
  private readonly stays: number[] = [];

  turn(signals: Signals | undefined, waiting = 10_000, meanSessionSeconds = 6): Decision {
    const [rate, limit] = [this.decision?.rate ?? 0, this.decision?.limit ?? 0];
    if (this.stays.length >= meanSessionSeconds) this.stays.shift();
    const active = this.stays.reduce((a, b) => a + b, 0);
    const admitted = waiting > 0 ? Math.max(0, Math.floor(Math.min(rate, limit - active))) : 0;
    this.stays.push(admitted);
    const occupancy = { waiting, active: active + admitted, inactive: 0, admitted };
    this.decision = decide(this.state, signals, occupancy, LIMITS);
    this.state = this.decision.state;
    return this.decision;
  }
}

describe('the controller', () => {
  it('the decision stays within the bounds, whatever the signals are', () => {
    fc.assert(
      fc.property(history, arbitrary, occupancy, (past, signals, now) => {
        const { limit, rate, state } = decide(after(past), second(signals), now, LIMITS);
        expect(limit).toBeGreaterThanOrEqual(LIMITS.min);
        expect(limit).toBeLessThanOrEqual(LIMITS.max);
        expect(rate).toBeGreaterThanOrEqual(LIMITS.min);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state); // it travels through Redis
      }),
      { numRuns: 200 },
    );
  });

  it.each(['ms', 'failed', 'poolWaitMs', 'loopDelayMs'] as const)(
    'never opens further because %s is worse',
    (signal) => {
      fc.assert(
        fc.property(
          history,
          arbitrary,
          occupancy,
          fc.double({ min: 1, max: 20, noNaN: true }),
          (past, signals, now, factor) => {
            const state = after(past);
            const worse = { ...signals, [signal]: Math.ceil(signals[signal] * factor) + 1 };
            const [better, other] = [signals, worse].map((of) => decide(state, second(of), now, LIMITS));
            expect(other?.limit).toBeLessThanOrEqual(better?.limit ?? 0);
            expect(other?.rate).toBeLessThanOrEqual((better?.rate ?? 0) + 1e-9);
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  it('without signals it holds', () => {
    fc.assert(
      fc.property(history, occupancy, (past, now) => {
        const state = after(past);
        const { state: held, action } = decide(state, undefined, now, LIMITS);
        expect([action, held.window]).toEqual(['hold', state.window]);
      }),
      { numRuns: 100 },
    );
  });

  it('the limit grows fast while all is calm and somebody waits', () => {
    const full = new Full();
    for (let i = 0; i < 25; i++) full.turn(second({ ms: 5 }));
    expect(full.decision?.limit).toBeGreaterThan(1000);
  });

  it('the window grows while somebody waits, and never far beyond the active users (no windup)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), (turns) => {
        for (const [waiting, active, most] of [
          [0, 30, LIMITS.min],
          [9, 14, LIMITS.min],
          [9, 200, 4 * 200],
        ] as const) {
          const occupancy = { waiting, active, inactive: 0, admitted: 5 };
          let state = newControllerState(LIMITS);
          for (let i = 0; i < turns; i++) ({ state } = decide(state, second({ ms: 2 }), occupancy, LIMITS));
          expect(state.window).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['latency', { ms: 400 }],
    ['failures', { failed: 50 }],
    ['pool', { poolWaitMs: 300 }],
    ['event-loop', { loopDelayMs: 300 }],
  ])(
    'a breach of %s makes the limit smaller, is named as the bottleneck, and the limit recovers afterwards',
    (bottleneck, breach) => {
      const full = new Full();
      for (let i = 0; i < 25; i++) full.turn(second({ ms: 5 }));
      const before = full.decision?.limit ?? 0;
      expect(full.turn(second(breach))).toMatchObject({ action: 'back-off', bottleneck });
      expect(full.decision?.limit).toBeLessThanOrEqual(0.9 * before);
      for (let i = 0; i < 1000; i++) full.turn(second(breach));
      expect(full.decision?.limit).toBe(LIMITS.min);
      for (let i = 0; i < 120; i++) full.turn(second({ ms: 5 }));
      expect(full.decision?.limit).toBeGreaterThanOrEqual(before);
    },
  );

  it('inactive users do not count: users who left without a word keep nobody waiting', () => {
    const signals = second({ ms: 5 });
    const now = { waiting: 9, active: 1030, inactive: 1000, admitted: 5 };
    expect(decide(newControllerState(LIMITS), signals, now, LIMITS).limit).toBeGreaterThan(1030);
  });

  it('nobody is admitted while a breaker is open, and growth starts slowly afterwards', () => {
    const full = new Full();
    for (let i = 0; i < 25; i++) full.turn(second({ ms: 5 }));
    expect(full.turn({ ...second({ ms: 5 }), breakerOpen: true })).toMatchObject({
      rate: 0,
      action: 'close',
      bottleneck: 'breaker',
    });
    expect(full.turn(second({ ms: 5 })).limit).toBeLessThanOrEqual(2 * LIMITS.min);
    expect(full.decision?.rate).toBeGreaterThan(0);
  });
});

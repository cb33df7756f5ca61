import fc from 'fast-check';
import {
  decide,
  type Decision,
  type House,
  type Memory,
  newMemory,
} from '../../src/modules/queue/controller';
import { observe, type Signals, silence } from '../../src/modules/queue/signals';

const LIMITS = { sloMs: 200, least: 30, most: 5000 };

/** A second with so many requests, all of one latency. */
function second(
  of: Partial<Record<'ms' | 'requests' | 'failed' | 'poolWaitMs' | 'loopDelayMs', number>>,
): Signals {
  const { ms = 5, requests = 500, failed = 0, poolWaitMs = 0, loopDelayMs = 0 } = of;
  const signals = { ...silence(), poolWaitMs, loopDelayMs };
  for (let i = 0; i < requests; i++) observe(signals, ms, i < failed, true);
  return signals;
}

const arbitrary = fc.record({
  ms: fc.double({ min: 1, max: 3000, noNaN: true }),
  requests: fc.integer({ min: 0, max: 300 }),
  failed: fc.integer({ min: 0, max: 50 }),
  poolWaitMs: fc.double({ min: 0, max: 1000, noNaN: true }),
  loopDelayMs: fc.double({ min: 0, max: 1000, noNaN: true }),
});
const house = fc.record({
  waiting: fc.integer({ min: 0, max: 10_000 }),
  inside: fc.integer({ min: 0, max: 6000 }),
  quiet: fc.integer({ min: 0, max: 3000 }),
  admitted: fc.integer({ min: 0, max: 2000 }),
});
const history = fc.array(fc.record({ signals: fc.option(arbitrary, { freq: 10 }), house }), {
  maxLength: 60,
});

function after(past: { signals: Parameters<typeof second>[0] | null; house: House }[]): Memory {
  let memory = newMemory(LIMITS);
  for (const { signals, house } of past)
    memory = decide(memory, signals === null ? undefined : second(signals), house, LIMITS).memory;
  return memory;
}

/** A house that fills up to the cap at once, with a crowd before it; those inside stay for `visit` decisions. */
class Full {
  memory = newMemory(LIMITS);
  decision: Decision | undefined;
  private readonly stays: number[] = [];

  turn(signals: Signals | undefined, waiting = 10_000, visit = 6): Decision {
    const [rate, cap] = [this.decision?.rate ?? 0, this.decision?.cap ?? 0];
    if (this.stays.length >= visit) this.stays.shift();
    const inside = this.stays.reduce((a, b) => a + b, 0);
    const admitted = waiting > 0 ? Math.max(0, Math.floor(Math.min(rate, cap - inside))) : 0;
    this.stays.push(admitted);
    const house = { waiting, inside: inside + admitted, quiet: 0, admitted };
    this.decision = decide(this.memory, signals, house, LIMITS);
    this.memory = this.decision.memory;
    return this.decision;
  }
}

describe('the controller', () => {
  it('keeps within its limits, whatever it is told', () => {
    fc.assert(
      fc.property(history, arbitrary, house, (past, signals, now) => {
        const { cap, rate, memory } = decide(after(past), second(signals), now, LIMITS);
        expect(cap).toBeGreaterThanOrEqual(LIMITS.least);
        expect(cap).toBeLessThanOrEqual(LIMITS.most);
        expect(rate).toBeGreaterThanOrEqual(LIMITS.least);
        expect(JSON.parse(JSON.stringify(memory))).toEqual(memory); // it travels through Redis
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
          house,
          fc.double({ min: 1, max: 20, noNaN: true }),
          (past, signals, now, factor) => {
            const memory = after(past);
            const worse = { ...signals, [signal]: Math.ceil(signals[signal] * factor) + 1 };
            const [better, other] = [signals, worse].map((of) => decide(memory, second(of), now, LIMITS));
            expect(other?.cap).toBeLessThanOrEqual(better?.cap ?? 0);
            expect(other?.rate).toBeLessThanOrEqual((better?.rate ?? 0) + 1e-9);
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  it('holds without signals', () => {
    fc.assert(
      fc.property(history, house, (past, now) => {
        const memory = after(past);
        const { memory: held, move } = decide(memory, undefined, now, LIMITS);
        expect([move, held.window]).toEqual(['hold', memory.window]);
      }),
      { numRuns: 100 },
    );
  });

  it('grows fast while all is calm and somebody waits', () => {
    const full = new Full();
    for (let i = 0; i < 25; i++) full.turn(second({ ms: 5 }));
    expect(full.decision?.cap).toBeGreaterThan(1000);
  });

  it('grows while somebody waits, and never far ahead of those inside: no windup', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), (turns) => {
        for (const [waiting, inside, most] of [
          [0, 30, LIMITS.least],
          [9, 14, LIMITS.least],
          [9, 200, 4 * 200],
        ] as const) {
          const house = { waiting, inside, quiet: 0, admitted: 5 };
          let memory = newMemory(LIMITS);
          for (let i = 0; i < turns; i++) ({ memory } = decide(memory, second({ ms: 2 }), house, LIMITS));
          expect(memory.window).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['latency', { ms: 400 }],
    ['failures', { failed: 50 }],
    ['pool', { poolWaitMs: 300 }],
    ['event loop', { loopDelayMs: 300 }],
  ])('cuts on a breach of %s, names it, and recovers when it is over', (binding, breach) => {
    const full = new Full();
    for (let i = 0; i < 25; i++) full.turn(second({ ms: 5 }));
    const before = full.decision?.cap ?? 0;
    expect(full.turn(second(breach))).toMatchObject({ move: 'cut', binding });
    expect(full.decision?.cap).toBeLessThanOrEqual(0.9 * before);
    for (let i = 0; i < 1000; i++) full.turn(second(breach));
    expect(full.decision?.cap).toBe(LIMITS.least);
    for (let i = 0; i < 120; i++) full.turn(second({ ms: 5 }));
    expect(full.decision?.cap).toBeGreaterThanOrEqual(before);
  });

  it('counts the quiet ones out: whoever left without a word keeps nobody out', () => {
    const signals = second({ ms: 5 });
    const now = { waiting: 9, inside: 1030, quiet: 1000, admitted: 5 };
    expect(decide(newMemory(LIMITS), signals, now, LIMITS).cap).toBeGreaterThan(1030);
  });

  it('lets nobody in while a breaker is open, and starts slowly afterwards', () => {
    const full = new Full();
    for (let i = 0; i < 25; i++) full.turn(second({ ms: 5 }));
    expect(full.turn({ ...second({ ms: 5 }), broken: true })).toMatchObject({
      rate: 0,
      move: 'shut',
      binding: 'breaker',
    });
    expect(full.turn(second({ ms: 5 })).cap).toBeLessThanOrEqual(2 * LIMITS.least);
    expect(full.decision?.rate).toBeGreaterThan(0);
  });
});

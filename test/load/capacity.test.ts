import { at } from '../support/at';
import type { Summary } from '../../k6/lib/summary.ts';

jest.mock('k6', () => ({ randomSeed: () => undefined }), { virtual: true });

const STEPS = [20, 40, 60].map((rate, i) => ({
  name: `rate_${rate}`,
  rate,
  startSeconds: 10 * i,
  seconds: 10,
}));

describe('the capacity that a breakpoint run has found', () => {
  let capacityOf: (typeof import('../../k6/lib/capacity.ts'))['capacityOf'];
  beforeAll(async () => {
    Object.assign(globalThis, { __ENV: { P99_MS: '200' } }); // so k6 gives scripts their variables
    ({ capacityOf } = await import('../../k6/lib/capacity.ts'));
  });

  /** What k6 sums up of each step: p99 ms, share failed, share of the planned iterations that ended in time. */
  const summary = (...steps: [p99: number, failed: number, done: number][]): Summary =>
    ({
      metrics: Object.fromEntries(
        steps.flatMap(([p99, failed, done], i): [string, { values: Record<string, number> }][] => {
          const { name, rate, seconds } = at(STEPS, i);
          return [
            [`http_req_duration{scenario:${name}}`, { values: { 'p(99)': p99 } }],
            [`http_req_failed{scenario:${name}}`, { values: { rate: failed } }],
            [`iterations{scenario:${name}}`, { values: { count: done * rate * seconds } }],
          ];
        }),
      ),
    }) as unknown as Summary;
  const held: Parameters<typeof summary>[0] = [10, 0, 1];
  const slow: typeof held = [201, 0, 1];

  it('is the last rate if all were held', () => {
    const { capacity, text } = capacityOf(STEPS, summary(held, held, [200, 0.01, 0.95]));
    expect(capacity).toEqual({ rate: 60, p99Ms: 200, brokeAt: null });
    expect(text).toContain('capacity: 60 requests/s (p99 200.0 ms); all steps were held');
  });

  it.each<[string, typeof held]>([
    ['slow', slow],
    ['failing', [10, 0.011, 1]],
    ['not reached', [10, 0, 0.94]],
  ])('is the rate before the first that was %s', (_why, lost) => {
    expect(capacityOf(STEPS, summary(held, lost, held)).capacity).toEqual({
      rate: 20,
      p99Ms: 10,
      brokeAt: 40,
    });
  });

  it('is 0 if not even the first was held', () => {
    const { capacity, text } = capacityOf(STEPS, summary(slow, held, held));
    expect(capacity).toEqual({ rate: 0, p99Ms: 0, brokeAt: 20 });
    expect(text).toContain('not held: 20/s (p99 201.0 ms');
  });
});

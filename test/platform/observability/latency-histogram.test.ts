import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { LatencyHistogram } from '../../../src/platform/observability/latency-histogram';

const description = { name: 'duration_seconds', help: 'Time', buckets: [0.001, 0.01, 0.1, 1] };
const routes = fc.constantFrom('/a', '/b "quoted"', '/c');
const seconds = fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.constantFrom(0, 0.001, 0.1, 1));

describe('the latency histogram', () => {
  it('is exported to the letter as prom-client’s own is, whatever is observed', async () => {
    const observations = fc.array(fc.tuple(routes, seconds), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(observations, async (all) => {
        const [mine, theirs] = [new Registry(), new Registry()];
        const histogram = new LatencyHistogram(description, mine);
        const model = new Histogram({ ...description, labelNames: ['route'], registers: [theirs] });
        for (const [route, value] of all) {
          histogram.labels({ route }).observe(value);
          model.labels({ route }).observe(value);
        }
        expect(await mine.metrics()).toBe(await theirs.metrics());
      }),
    );
  });
});

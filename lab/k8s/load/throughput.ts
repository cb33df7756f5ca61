import type { Bench } from '../experiment.ts';
import { type Manifest, valuesOf } from '../cluster/manifest.ts';
import { median } from './timeline.ts';

/** What no pod carries, requests/s of a core: the virtual users wait for answers all the time. */
const MORE_THAN_ALL = 8000;
const VUS = 64;
const SECONDS = 35;
/** The first seconds, in which V8 compiles the code, do not count. */
const WARM_UP_SECONDS = 20;

/** Tokens a second that the pods issue when asked for as many as can be, however late: each run's, and their median. */
export async function throughputOf(
  bench: Bench,
  manifest: Manifest,
): Promise<{ rates: number[]; rate: number }> {
  const RATE = Math.round(manifest.size.cpu * manifest.pods.min * MORE_THAN_ALL);
  const load = { scenario: 'token', variables: { RATE, VUS, DURATION: `${SECONDS}s` } };
  const rates: number[] = [];
  for (let n = 1; n <= bench.runs; n++) {
    const name = `${manifest.name}-full-${n}`;
    const { findings } = await bench.run({ name, values: valuesOf(manifest), load });
    const each = findings.recording.get('http_reqs', 'rate')?.points ?? [];
    const warm = each.filter(([at]) => at >= WARM_UP_SECONDS && at < SECONDS - 1).map(([, rate]) => rate);
    rates.push(Math.round(median(warm) ?? 0));
    bench.note(`${name}: ${rates.at(-1) ?? 0}/s`);
  }
  return { rates, rate: median(rates) ?? 0 };
}

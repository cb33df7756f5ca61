// An open model: users arrive at a fixed rate even if the service is slow. A closed loop would hide an overload.
import type { Options } from 'k6/options';
import { Api } from './lib/api.ts';
import { browse } from './lib/browsing.ts';
import { BROWSING, common, fairQueue, noneDropped } from './lib/limits.ts';
import { decimal, duration, seconds } from './lib/options.ts';
import { anyUser } from './lib/random.ts';
import { perMinute, readyVus } from './lib/rate.ts';

export { handleSummary } from './lib/summary.ts';

const RATE = decimal('RATE', 20);
const DURATION = duration('DURATION', 120);
const PATIENCE = duration('PATIENCE', 30);

const api = new Api();
const { rate, timeUnit } = perMinute(RATE);

export const options: Options = {
  ...common(BROWSING, { ...fairQueue, ...noneDropped }),
  scenarios: {
    arrival: {
      executor: 'ramping-arrival-rate',
      startRate: 0,
      timeUnit,
      stages: [
        { target: rate, duration: seconds(DURATION / 4) },
        { target: rate, duration: seconds(DURATION / 2) },
        { target: 0, duration: seconds(DURATION / 4) },
      ],
      ...readyVus(RATE, PATIENCE + 2),
      gracefulStop: seconds(PATIENCE + 30),
    },
  },
};

export default function (): void {
  browse(api, anyUser(), { seconds: PATIENCE });
}

// A step of load, to observe autoscaling: RATE requests per second, then STEP_RATE at once, then RATE again.
import type { Options, Scenario } from 'k6/options';
import { common } from './lib/limits.ts';
import { duration, seconds, whole } from './lib/options.ts';
import { requestMix, prepare, type Stage, TARGETS } from './lib/target.ts';

export { handleSummary } from './lib/summary.ts';

const RATE = whole('RATE', 100);
const STEP_RATE = whole('STEP_RATE', 1000);
const CALM_SECONDS = duration('CALM_DURATION', 30);
const STEP_SECONDS = duration('STEP_DURATION', 90);
const AFTER_SECONDS = duration('AFTER_DURATION', 90);
const VUS = whole('VUS', 300);

const phase = (rate: number, startSeconds: number, lastsSeconds: number): Scenario => ({
  executor: 'constant-arrival-rate',
  rate,
  timeUnit: '1s',
  startTime: seconds(startSeconds),
  duration: seconds(lastsSeconds),
  preAllocatedVUs: VUS,
  maxVUs: VUS,
  gracefulStop: '0s', // the next phase begins
});

export const options: Options = {
  ...common(TARGETS),
  scenarios: {
    calm: phase(RATE, 0, CALM_SECONDS),
    step: phase(STEP_RATE, CALM_SECONDS, STEP_SECONDS),
    after: phase(RATE, CALM_SECONDS + STEP_SECONDS, AFTER_SECONDS),
  },
};

export const setup = (): Stage => prepare(TARGETS);

export default function (stage: Stage): void {
  requestMix(stage);
}

// Raises the rate step by step until the service is loaded (p99 > 200 ms) or fails (> 1 %), and prints the capacity.
// Each step is a separate scenario, so that its p99 covers only the requests of the step and not the whole run so far.
import type { Options, Scenario } from 'k6/options';
import { capacityOf, type Step, stepThresholds } from './lib/capacity.ts';
import { common, eachRequested } from './lib/limits.ts';
import { duration, oneOf, seconds, whole } from './lib/options.ts';
import { outputs, type Summary, textOf } from './lib/summary.ts';
import { request, requestMix, prepare, type Stage, TARGETS } from './lib/target.ts';

const START_RATE = whole('START_RATE', 100);
const STEP_RATE = whole('STEP_RATE', 100);
const MAX_RATE = whole('MAX_RATE', 3000);
const STEP_SECONDS = duration('STEP_DURATION', 10);
const WARM_UP_SECONDS = duration('WARM_UP_DURATION', STEP_SECONDS / 2);
const TARGET = oneOf('TARGET', ['mix', ...TARGETS]);
const VUS = whole('VUS', 300);
if (MAX_RATE < START_RATE)
  throw new Error(`MAX_RATE is ${MAX_RATE}: expected at least START_RATE (${START_RATE})`);

const steps: Step[] = Array.from(
  { length: Math.floor((MAX_RATE - START_RATE) / STEP_RATE) + 1 },
  (_, i): Step => {
    const rate = START_RATE + i * STEP_RATE;
    return {
      name: `rate_${rate}`,
      rate,
      startSeconds: WARM_UP_SECONDS + i * STEP_SECONDS,
      seconds: STEP_SECONDS,
    };
  },
);

/** Runs before the first step and is not scored: it warms up virtual users, connections and caches. */
const warmUp: Step = { name: 'warm_up', rate: START_RATE, startSeconds: 0, seconds: WARM_UP_SECONDS };

const scenarioOf = ({ rate, startSeconds, seconds: length }: Step): Scenario => ({
  executor: 'constant-arrival-rate',
  rate,
  timeUnit: '1s',
  startTime: seconds(startSeconds),
  duration: seconds(length),
  preAllocatedVUs: VUS,
  maxVUs: VUS,
  gracefulStop: '0s', // the next step begins; requests still in flight are late anyway
});

const targets = TARGET === 'mix' ? TARGETS : [TARGET];

export const options: Options = {
  ...common(targets),
  thresholds: { ...eachRequested(targets), ...Object.fromEntries(steps.flatMap(stepThresholds)) },
  scenarios: Object.fromEntries([warmUp, ...steps].map((step) => [step.name, scenarioOf(step)])),
};

export const setup = (): Stage => prepare(targets);

export default function (stage: Stage): void {
  if (TARGET === 'mix') requestMix(stage);
  else request(TARGET, stage);
}

export function handleSummary(data: Summary): Record<string, string> {
  const { capacity, text } = capacityOf(steps, data);
  return outputs({ ...data, capacity }, `${textOf(data)}${text}\n`);
}

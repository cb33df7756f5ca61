import type { Threshold } from 'k6/options';
import { P99_MS } from './options.ts';
import type { Summary } from './summary.ts';

const MOST_FAILED = 0.01;
/** Share of the planned iterations that must end within their step; below it the rate was not reached. */
const LEAST_DONE = 0.95;

/** A part of the run with its own rate; `name` is its scenario. */
export interface Step {
  name: string;
  rate: number;
  startSeconds: number;
  seconds: number;
}

export interface Capacity {
  /** The last rate that was held before the first that was not, in requests per second; 0 if none was held. */
  rate: number;
  p99Ms: number;
  /** The first rate that was not held; null if all were held, so that the capacity is higher. */
  brokeAt: number | null;
}

/** The run ends when a step exceeds its limits in its second half. */
export function stepThresholds({ name, rate, startSeconds, seconds }: Step): [string, Threshold[]][] {
  const abort = { abortOnFail: true, delayAbortEval: `${Math.round((startSeconds + seconds / 2) * 1000)}ms` };
  const mostDropped = Math.ceil(rate * seconds * (1 - LEAST_DONE));
  return [
    [`http_req_duration{scenario:${name}}`, [{ threshold: `p(99)<=${P99_MS}`, ...abort }]],
    [`http_req_failed{scenario:${name}}`, [{ threshold: `rate<=${MOST_FAILED}`, ...abort }]],
    [`dropped_iterations{scenario:${name}}`, [{ threshold: `count<=${mostDropped}`, ...abort }]],
    [`iterations{scenario:${name}}`, ['count>=0']], // always holds: puts the count into the summary
  ];
}

/** Scores the steps from the lowest rate on by their own samples. A step that was aborted is not held. */
export function capacityOf(
  steps: readonly Step[],
  { metrics }: Summary,
): { capacity: Capacity; text: string } {
  const valueOf = (metric: string, { name }: Step, value: string): number =>
    metrics[`${metric}{scenario:${name}}`]?.values[value] ?? 0;
  const p99 = (step: Step): number => valueOf('http_req_duration', step, 'p(99)');
  const failed = (step: Step): number => valueOf('http_req_failed', step, 'rate');
  const done = (step: Step): number => valueOf('iterations', step, 'count') / (step.rate * step.seconds);
  const isHeld = (step: Step): boolean =>
    done(step) >= LEAST_DONE && p99(step) <= P99_MS && failed(step) <= MOST_FAILED;

  const firstLost = steps.findIndex((step) => !isHeld(step));
  const lost = steps[firstLost];
  const held = firstLost === -1 ? steps.at(-1) : steps[firstLost - 1];
  const capacity = {
    rate: held?.rate ?? 0,
    p99Ms: held === undefined ? 0 : p99(held),
    brokeAt: lost?.rate ?? null,
  };
  const broken =
    lost === undefined
      ? 'all steps were held: raise MAX_RATE'
      : `not held: ${lost.rate}/s (p99 ${p99(lost).toFixed(1)} ms, ${(failed(lost) * 100).toFixed(2)} % failed, ` +
        `${(Math.min(done(lost), 1) * 100).toFixed(0)} % done)`;
  return {
    capacity,
    text: `capacity: ${capacity.rate} requests/s (p99 ${capacity.p99Ms.toFixed(1)} ms); ${broken}`,
  };
}

import type { Scenario } from 'k6/options';
import { decimal, duration, seconds, whole } from './options.ts';

/** Iterations per second as k6 options. k6 takes whole numbers, so that decimals are converted to a rate per minute. */
export const perMinute = (rate: number): { rate: number; timeUnit: string } => ({
  rate: Math.max(1, Math.round(rate * 60)),
  timeUnit: '1m',
});

/** Allocates VUS virtual users; by default as many as RATE needs for iterations of this length. */
export function readyVus(
  rate: number,
  iterationSeconds: number,
): { preAllocatedVUs: number; maxVUs: number } {
  const vus = whole('VUS', Math.ceil(rate * iterationSeconds) + 10);
  return { preAllocatedVUs: vus, maxVUs: vus };
}

/** RATE iterations per second for DURATION, regardless of the answers. */
export function steady(
  defaults: { rate: number; durationSeconds: number },
  iterationSeconds: number,
): Scenario {
  const rate = decimal('RATE', defaults.rate);
  return {
    executor: 'constant-arrival-rate',
    ...perMinute(rate),
    duration: seconds(duration('DURATION', defaults.durationSeconds)),
    ...readyVus(rate, iterationSeconds),
    gracefulStop: seconds(iterationSeconds + 30),
  };
}

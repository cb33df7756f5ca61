import type { Scenario } from 'k6/options';
import { decimal, duration, seconds, whole } from './options.ts';

/** So many iterations per second, decimals allowed: k6 counts whole ones, so it gets them per minute. */
export const perMinute = (rate: number): { rate: number; timeUnit: string } => ({
  rate: Math.max(1, Math.round(rate * 60)),
  timeUnit: '1m',
});

/** VUS virtual users stand ready; by default as many as RATE keeps busy when an iteration lasts so long. */
export function readyVus(
  rate: number,
  iterationSeconds: number,
): { preAllocatedVUs: number; maxVUs: number } {
  const vus = whole('VUS', Math.ceil(rate * iterationSeconds) + 10);
  return { preAllocatedVUs: vus, maxVUs: vus };
}

/** RATE iterations per second for DURATION, whatever the answers. */
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

import type { Bottleneck, ControllerState } from './decision';
import { meanLatency } from './estimates';
import { quantileMs, type Signals } from '../signals';
import {
  FAILED_MIN_REQUESTS,
  FAILED_SHARE,
  MAX_WORK_SHARE,
  P99_MIN_REQUESTS,
  WORK_P99_FACTOR,
} from './tuning';

export interface Pressure {
  /** The worst signal over its limit: 1 is the limit. */
  value: number;
  bottleneck: Bottleneck;
}

/** Delays over the objective. Waits are a part of a latency, so the same objective bounds them. */
function delaysOf(signals: Signals, targetP99Ms: number): [Bottleneck, number][] {
  const p99 = signals.requests >= P99_MIN_REQUESTS ? quantileMs(signals, 0.99) : 0;
  return [
    ['latency', p99 / targetP99Ms],
    ['pool', signals.poolWaitMs / targetP99Ms],
    ['event-loop', signals.loopDelayMs / targetP99Ms],
  ];
}

/**
 * Each signal over its limit, and the worst of them. Of the latency, only what the objective leaves beside the work
 * itself counts: if a request takes half of it when nothing waits, the other half may be used. Before enough writes were
 * seen to know the work, the few there are decide.
 */
export function pressureOf(
  signals: Signals,
  { baselineLatencyMs, writes }: ControllerState,
  targetP99Ms: number,
): Pressure {
  const failed = signals.failed / Math.max(signals.requests, FAILED_MIN_REQUESTS) / FAILED_SHARE;
  const workMs = WORK_P99_FACTOR * (baselineLatencyMs ?? meanLatency(writes).ms);
  const work = Math.min(MAX_WORK_SHARE, workMs / targetP99Ms);
  const delays = delaysOf(signals, targetP99Ms).map(([bottleneck, share]): [Bottleneck, number] =>
    bottleneck === 'latency' ? [bottleneck, Math.max(0, share - work) / (1 - work)] : [bottleneck, share],
  );
  const shares: [Bottleneck, number][] = [...delays, ['failures', failed]];
  const [bottleneck, value] = shares.reduce((worst, each) => (each[1] > worst[1] ? each : worst));
  return { value, bottleneck };
}

/** Which share of the load could be served: the requests that succeeded, and no more than would have been in time. */
export function servedShare(signals: Signals, targetP99Ms: number): number {
  const longest = Math.max(1, ...delaysOf(signals, targetP99Ms).map(([, share]) => share));
  return Math.min(1 / longest, 1 - signals.failed / Math.max(1, signals.requests));
}

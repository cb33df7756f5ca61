import type { WaitingRoomMetrics } from './metrics';
import type { EffectiveLimits } from './admission/policy';
import { BOTTLENECKS, ACTIONS } from './admission/controller';
import type { Admitted, SnapshotDelta, Tick } from './state/store';

/** Every process exports the same: what Redis holds. `said`: `<move>:<binding>` of the controller's last decision. */
export function observeAdmission(
  metrics: WaitingRoomMetrics,
  queue: string,
  door: EffectiveLimits,
  said: string | undefined,
): void {
  metrics.queueActiveLimit.set({ queue }, door.activeLimit);
  if (door.rateLimit === undefined) metrics.queueAdmissionRateLimit.remove({ queue });
  else metrics.queueAdmissionRateLimit.set({ queue }, door.rateLimit);
  metrics.queuePaused.set({ queue }, door.paused ? 1 : 0);
  for (const source of ['operator', 'auto', 'fixed'])
    metrics.queueLimitSource.set({ queue, source }, door.source === source ? 1 : 0);
  if (said === undefined) return;
  const [move, binding] = said.split(':');
  for (const each of ACTIONS)
    metrics.queueControllerAction.set({ queue, action: each }, each === move ? 1 : 0);
  for (const each of BOTTLENECKS)
    metrics.queueControllerBottleneck.set({ queue, signal: each }, each === binding ? 1 : 0);
}

export function observeQueue(
  metrics: WaitingRoomMetrics,
  queue: string,
  { active }: SnapshotDelta,
  waiting: number,
): void {
  metrics.queueActive.set({ queue }, active);
  metrics.queueWaiting.set({ queue }, waiting);
}

export function observeEta(metrics: WaitingRoomMetrics, queue: string, errorsSeconds: number[]): void {
  for (const error of errorsSeconds) metrics.queueEtaError.observe({ queue }, error);
}

export function observeTick(metrics: WaitingRoomMetrics, queue: string, tick: Tick): void {
  if (tick.ended > 0) metrics.queueSessionsEnded.inc({ queue, reason: 'lease' }, tick.ended);
  if (tick.idle > 0) metrics.queueSessionsEnded.inc({ queue, reason: 'idle' }, tick.idle);
  observeAdmitted(metrics, queue, tick);
}

export function observeAdmitted(
  metrics: WaitingRoomMetrics,
  queue: string,
  { admitted, waitsMs }: Admitted,
): void {
  if (admitted.length > 0) metrics.queueAdmitted.inc({ queue }, admitted.length);
  for (const waitedMs of waitsMs) metrics.queueWait.observe({ queue }, waitedMs / 1000);
}

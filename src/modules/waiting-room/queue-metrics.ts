import type { WaitingRoomMetrics } from './metrics';
import { ACTIONS, BOTTLENECKS } from './admission/controller/decision';
import type { EffectiveLimits } from './admission/policy';
import type { Snapshot } from './snapshot/snapshot';
import type { Admitted, SnapshotDelta, Tick } from './state/results';

/** Exports the admission state as Redis has it; every process reports the same. */
export function observeAdmission(
  metrics: WaitingRoomMetrics,
  queue: string,
  limits: EffectiveLimits,
  { nowMs, opensAtMs, admission: { drawing, lastDecision } }: Snapshot,
): void {
  metrics.queueNotOpen.set({ queue }, opensAtMs > nowMs || drawing ? 1 : 0);
  metrics.queueActiveLimit.set({ queue }, limits.activeLimit);
  if (limits.rateLimit === undefined) metrics.queueAdmissionRateLimit.remove({ queue });
  else metrics.queueAdmissionRateLimit.set({ queue }, limits.rateLimit);
  metrics.queuePaused.set({ queue }, limits.paused ? 1 : 0);
  for (const source of ['operator', 'auto', 'fixed'])
    metrics.queueLimitSource.set({ queue, source }, limits.source === source ? 1 : 0);
  if (lastDecision === undefined) return;
  const [action, bottleneck] = lastDecision.split(':');
  for (const each of ACTIONS)
    metrics.queueControllerAction.set({ queue, action: each }, each === action ? 1 : 0);
  for (const each of BOTTLENECKS)
    metrics.queueControllerBottleneck.set({ queue, signal: each }, each === bottleneck ? 1 : 0);
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
  if (tick.ended > 0) metrics.queueSessionsEnded.inc({ queue, reason: 'deadline' }, tick.ended);
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

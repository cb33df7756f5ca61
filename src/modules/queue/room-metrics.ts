import type { Metrics } from '../../infra/metrics';
import type { Door } from './admission';
import { BINDINGS, MOVES } from './controller';
import type { Admitted, Delta, Tick } from './store';

/** Every process exports the same: what Redis holds. `said`: `<move>:<binding>` of the controller's last decision. */
export function observeDoor(metrics: Metrics, queue: string, door: Door, said: string | undefined): void {
  metrics.queueCap.set({ queue }, door.cap);
  if (door.rate === undefined) metrics.queueRate.remove({ queue });
  else metrics.queueRate.set({ queue }, door.rate);
  metrics.queuePaused.set({ queue }, door.paused ? 1 : 0);
  for (const by of ['hand', 'auto', 'fixed']) metrics.queueDoorBy.set({ queue, by }, door.by === by ? 1 : 0);
  if (said === undefined) return;
  const [move, binding] = said.split(':');
  for (const each of MOVES) metrics.queueDoorMove.set({ queue, move: each }, each === move ? 1 : 0);
  for (const each of BINDINGS)
    metrics.queueDoorBinding.set({ queue, signal: each }, each === binding ? 1 : 0);
}

export function observeQueue(metrics: Metrics, queue: string, { active }: Delta, waiting: number): void {
  metrics.queueActive.set({ queue }, active);
  metrics.queueWaiting.set({ queue }, waiting);
}

export function observeEta(metrics: Metrics, queue: string, errorsSeconds: number[]): void {
  for (const error of errorsSeconds) metrics.queueEtaError.observe({ queue }, error);
}

export function observeTick(metrics: Metrics, queue: string, tick: Tick): void {
  if (tick.ended > 0) metrics.queueEnded.inc({ queue, reason: 'lease' }, tick.ended);
  if (tick.idle > 0) metrics.queueEnded.inc({ queue, reason: 'idle' }, tick.idle);
  observeAdmitted(metrics, queue, tick);
}

export function observeAdmitted(metrics: Metrics, queue: string, { admitted, waitsMs }: Admitted): void {
  if (admitted.length > 0) metrics.queueAdmitted.inc({ queue }, admitted.length);
  for (const waitedMs of waitsMs) metrics.queueWait.observe({ queue }, waitedMs / 1000);
}

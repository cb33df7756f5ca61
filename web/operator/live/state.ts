import { batch, computed, signal } from '@preact/signals';
import { everySecond } from '../../shared/clock';
import type { HistoryPoint, LiveQueue, LiveReport } from '../api';

/** Older than this is greyed. */
export const STALE_MS = 3000;
const KEPT_POINTS = 900;

export const report = signal<LiveReport | undefined>(undefined);
export const history = signal<HistoryPoint[]>([]);
/** When the last report came, by this page's monotonic clock. */
const receivedAtMs = signal(-Infinity);
export const chosenQueue = signal('');

export function takeHistory(points: HistoryPoint[]): void {
  history.value = points.slice(-KEPT_POINTS);
}

export function takeReport(next: LiveReport): void {
  const queues = next.queues.map(({ queueId, waiting, active, activeLimit }) => [
    queueId,
    { waiting, active, limit: activeLimit },
  ]);
  const point = {
    atMs: next.nowMs,
    p99Ms: next.fleet.p99Ms,
    queues: Object.fromEntries(queues) as HistoryPoint['queues'],
  };
  batch(() => {
    receivedAtMs.value = performance.now();
    report.value = next;
    const isNew = next.nowMs > (history.peek().at(-1)?.atMs ?? 0);
    if (isNew) history.value = [...history.peek(), point].slice(-KEPT_POINTS);
  });
}

/** How long ago the last report came, milliseconds; Infinity: never. */
export const silenceMs = (): number => {
  everySecond();
  return performance.now() - receivedAtMs.value;
};

export const isLost = computed(() => report.value !== undefined && silenceMs() > STALE_MS);

/** The age of a part of the report, with the time since the report came; undefined: it was never known. */
export const ageOf = (ageMs: number): number | undefined => (ageMs < 0 ? undefined : ageMs + silenceMs());

export const queue = computed<LiveQueue | undefined>(() => {
  const queues = report.value?.queues ?? [];
  return queues.find(({ queueId }) => queueId === chosenQueue.value) ?? queues[0];
});

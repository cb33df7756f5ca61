import { Lifecycle, scoped } from 'tsyringe';
import type { HistoryPoint, LiveReport } from './schema';

const KEPT_POINTS = 900;

/** The last 15 minutes of the curves, a point a second: who opens the page sees what led here. */
@scoped(Lifecycle.ContainerScoped)
export class History {
  private readonly kept: HistoryPoint[] = [];

  get points(): readonly HistoryPoint[] {
    return this.kept;
  }

  add(point: HistoryPoint): void {
    this.kept.push(point);
    if (this.kept.length > KEPT_POINTS) this.kept.shift();
  }
}

export const pointOf = ({
  nowMs,
  fleet,
  queues,
}: Pick<LiveReport, 'nowMs' | 'fleet' | 'queues'>): HistoryPoint => ({
  atMs: Math.round(nowMs),
  p99Ms: fleet.p99Ms,
  queues: Object.fromEntries(
    queues.map(({ queueId, waiting, active, activeLimit }) => [
      queueId,
      { waiting, active, limit: activeLimit },
    ]),
  ),
});

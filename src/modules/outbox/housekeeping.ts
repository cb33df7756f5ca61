import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../common/clock';
import { PeriodicTask } from '../../common/periodic-task';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { OutboxMetrics } from './metrics';
import { OutboxRepository } from './repository';

const INTERVAL_MS = 5_000;

/** Measures the backlog and deletes events that were delivered long ago. */
@scoped(Lifecycle.ContainerScoped)
export class OutboxHousekeeping extends PeriodicTask {
  constructor(outbox: OutboxRepository, metrics: OutboxMetrics, @inject(LOGGER) logger: Logger) {
    let measuredAtMs = -Infinity;
    const run = async (): Promise<boolean> => {
      // While there is more to delete the next turn comes at once; to count a long backlog each time would cost as much.
      if (monotonicMs() - measuredAtMs >= INTERVAL_MS) {
        measuredAtMs = monotonicMs();
        const { backlog, ageSeconds } = await outbox.backlog();
        metrics.outboxBacklog.set(backlog);
        metrics.outboxAge.set(ageSeconds);
      }
      return outbox.purge();
    };
    super('outbox housekeeping', INTERVAL_MS, run, logger);
  }
}

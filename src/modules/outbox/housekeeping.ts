import type { SqlExecutor } from '../../platform/database/database';
import type { Logger } from '../../platform/observability/logger';
import { PeriodicTask } from '../../common/periodic-task';
import type { OutboxMetrics } from './metrics';
import type { OutboxRepository } from './repository';
import type { NotificationRepository } from '../notifications/repository';

const EVERY_MS = 5_000;

/** Measures the backlog and deletes what was delivered or handled long ago. */
export function eventHousekeeping(
  database: SqlExecutor,
  outbox: OutboxRepository,
  notifications: NotificationRepository,
  memoryDays: number,
  metrics: OutboxMetrics,
  logger: Logger,
): PeriodicTask {
  return new PeriodicTask(
    'event housekeeping',
    EVERY_MS,
    async () => {
      const { backlog, ageSeconds } = await outbox.backlog();
      metrics.outboxBacklog.set(backlog);
      metrics.outboxAge.set(ageSeconds);
      await outbox.purge();
      const forgotten = await notifications.purge(database, memoryDays);
      if (forgotten > 0) logger.debug({ forgotten }, 'handled events forgotten');
      return 'pause';
    },
    logger,
  );
}

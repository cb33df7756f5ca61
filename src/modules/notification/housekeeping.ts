import type { Statements } from '../../infra/database';
import type { Logger } from '../../infra/logger';
import { Loop } from '../../infra/loop';
import type { Metrics } from '../../infra/metrics';
import type { OutboxRepository } from './outbox-repository';
import type { NotificationRepository } from './repository';

const EVERY_MS = 5_000;

/** Measures the backlog and deletes what was delivered or handled long ago. */
export function eventHousekeeping(
  database: Statements,
  outbox: OutboxRepository,
  notifications: NotificationRepository,
  memoryDays: number,
  metrics: Metrics,
  logger: Logger,
): Loop {
  return new Loop(
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

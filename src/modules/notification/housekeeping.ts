import type { Logger } from '../../infra/logger';
import { Loop } from '../../infra/loop';
import type { Metrics } from '../../infra/metrics';
import type { OutboxRepository } from './outbox-repository';

const EVERY_MS = 5_000;

/** Measures the backlog and deletes what was delivered long ago. */
export function outboxHousekeeping(outbox: OutboxRepository, metrics: Metrics, logger: Logger): Loop {
  return new Loop(
    'outbox housekeeping',
    EVERY_MS,
    async () => {
      const { backlog, ageSeconds } = await outbox.backlog();
      metrics.outboxBacklog.set(backlog);
      metrics.outboxAge.set(ageSeconds);
      await outbox.purge();
      return 'pause';
    },
    logger,
  );
}

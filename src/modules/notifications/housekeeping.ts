import { inject, Lifecycle, scoped } from 'tsyringe';
import { PeriodicTask } from '../../common/periodic-task';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../platform/database/database';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { NotificationRepository } from './repository';

const INTERVAL_MS = 5_000;

/** Forgets events that were handled more than EVENT_DEDUPLICATION_DAYS ago. */
@scoped(Lifecycle.ContainerScoped)
export class NotificationHousekeeping extends PeriodicTask {
  constructor(
    database: Database,
    notifications: NotificationRepository,
    @inject(CONFIG) config: Config,
    @inject(LOGGER) logger: Logger,
  ) {
    const run = (): Promise<boolean> => notifications.purge(database, config.EVENT_DEDUPLICATION_DAYS);
    super('notification housekeeping', INTERVAL_MS, run, logger);
  }
}

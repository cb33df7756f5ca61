import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { AdaptiveLimit } from '../waiting-room/admission/policy';
import { WaitingRoomMetrics } from '../waiting-room/metrics';
import { RehearsalRepository } from './repository';

/** Share of the capacity that the controller begins with: the real users are not those of the rehearsal. */
const START_SHARE = 0.8;

/**
 * Lets the admission controller begin with what the last rehearsal has found, where QUEUE_AUTO_START_ACTIVE says nothing.
 * A capacity at which the rehearsal ran out of users is no limit, so it only ever raises the start.
 */
@scoped(Lifecycle.ContainerScoped)
export class AdmissionStart {
  private readonly configured: number;

  constructor(
    private readonly limit: AdaptiveLimit,
    private readonly rehearsals: RehearsalRepository,
    private readonly metrics: WaitingRoomMetrics,
    @inject(CONFIG) private readonly config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.configured = limit.bounds.start;
  }

  /** @throws DatabaseUnavailable: then it stays as it was */
  async turn(): Promise<void> {
    const found = await this.rehearsals.lastCapacity();
    this.metrics.rehearsedCapacity.set(found?.capacity ?? 0);
    if (this.config.QUEUE_AUTO_START_ACTIVE !== 'auto') return;
    const before = this.limit.bounds.start;
    const users = found && Math.max(1, Math.floor(START_SHARE * found.capacity));
    this.limit.startAt(users === undefined || found?.isLimit ? users : Math.max(users, this.configured));
    const { start } = this.limit.bounds;
    if (start !== before)
      this.logger.info({ start, before, capacity: found?.capacity }, 'admission begins with another limit');
  }
}

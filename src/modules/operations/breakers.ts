import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { databaseRequestMs } from '../../config/database-times';
import { isRefusal } from '../../common/errors';
import {
  Breaker,
  breakerPresets,
  type BreakerListener,
  type BreakerState,
} from '../../platform/circuit-breaker/breaker';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { BreakerMetrics } from '../../platform/circuit-breaker/metrics';

const STATES: BreakerState[] = ['closed', 'half_open', 'open'];

/** Above the drivers' own time limits, so that these speak first. */
const SLACK_MS = 500;

/** The two breakers of the product: `queue` around Redis, `concert` around the database; and those of other services. */
@scoped(Lifecycle.ContainerScoped)
export class Breakers {
  readonly queue: Breaker;
  readonly concert: Breaker;
  private readonly all: Breaker[] = [];
  private readonly listener: BreakerListener;

  constructor(
    @inject(CONFIG) private readonly config: Config,
    private readonly metrics: BreakerMetrics,
    @inject(LOGGER) logger: Logger,
  ) {
    this.listener = {
      onOutcome: (breaker, outcome) => metrics.breakerCalls.inc({ breaker, outcome }),
      onState: (breaker, state) => {
        logger.warn({ breaker, state }, 'breaker changed state');
        for (const each of STATES) metrics.breakerState.set({ breaker, state: each }, each === state ? 1 : 0);
      },
    };
    this.queue = this.make('queueService', config.REDIS_TIMEOUT_MS);
    this.concert = this.make('concertService', databaseRequestMs(config));
  }

  /** @param limitMs within which a call ends by itself */
  make(name: string, limitMs: number): Breaker {
    for (const state of STATES)
      this.metrics.breakerState.set({ breaker: name, state }, state === 'closed' ? 1 : 0);
    const settings = { ...breakerPresets[this.config.BREAKER_PRESET], timeoutMs: limitMs + SLACK_MS };
    const breaker = new Breaker(name, settings, { isIgnored: isRefusal, listener: this.listener });
    this.all.push(breaker);
    return breaker;
  }

  shutdown(): void {
    for (const breaker of this.all) breaker.shutdown();
  }
}

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

/** The two breakers of the product: `queue` around Redis, `concert` around the database. */
@scoped(Lifecycle.ContainerScoped)
export class Breakers {
  readonly queue: Breaker;
  readonly concert: Breaker;

  constructor(@inject(CONFIG) config: Config, metrics: BreakerMetrics, @inject(LOGGER) logger: Logger) {
    const listener: BreakerListener = {
      onOutcome: (breaker, outcome) => metrics.breakerCalls.inc({ breaker, outcome }),
      onState: (breaker, state) => {
        logger.warn({ breaker, state }, 'breaker changed state');
        for (const each of STATES) metrics.breakerState.set({ breaker, state: each }, each === state ? 1 : 0);
      },
    };
    const make = (name: string, limitMs: number): Breaker => {
      for (const state of STATES)
        metrics.breakerState.set({ breaker: name, state }, state === 'closed' ? 1 : 0);
      const settings = { ...breakerPresets[config.BREAKER_PRESET], timeoutMs: limitMs + SLACK_MS };
      return new Breaker(name, settings, { isIgnored: isRefusal, listener });
    };
    this.queue = make('queueService', config.REDIS_TIMEOUT_MS);
    this.concert = make('concertService', databaseRequestMs(config));
  }

  shutdown(): void {
    this.queue.shutdown();
    this.concert.shutdown();
  }
}

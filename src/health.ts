import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from './clock';
import { CONFIG, type Config } from './config';
import { Database } from './infra/database';
import { LOGGER, type Logger } from './infra/logger';
import { Redis } from './infra/redis';
import { RedisEvictionLog } from './infra/redis-eviction-log';
import { NotificationWorker } from './modules/notification/worker';

export interface HealthReport {
  status: 'starting' | 'ready' | 'draining';
  dependencies: Record<string, { status: 'up' | 'down' | 'off'; ms?: number }>;
}

const PROBE_LIMIT_MS = 1000;

/**
 * Readiness: whether this process should get requests. Once started it stays ready while a shared dependency is down
 * (reported, but not decisive): every replica would leave at once, and callers would get refused connections instead
 * of the waiting room's answers, fallbacks and 503s with Retry-After (ADR 0004).
 */
@scoped(Lifecycle.ContainerScoped)
export class Health {
  phase: HealthReport['status'] = 'starting';
  private asking: Promise<HealthReport['dependencies']> | undefined;

  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
    private readonly evictionLog: RedisEvictionLog,
    private readonly notifications: NotificationWorker,
    @inject(CONFIG) private readonly config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Rejects while the database or Redis has never answered. */
  async firstContact(): Promise<void> {
    const [[limit]] = await Promise.all([
      this.database.rows<{ connections: number }>('SELECT @@max_connections AS connections'),
      this.redis.ping(),
    ]);
    if (limit !== undefined && limit.connections < this.config.DATABASE_POOL_MAX)
      this.logger.error(
        { maxConnections: limit.connections, poolMax: this.config.DATABASE_POOL_MAX },
        'DATABASE_POOL_MAX is more than the database allows in all',
      );
    await this.evictionLog.ask().catch((err: unknown) => {
      this.logger.warn({ err }, 'redis does not tell its maxmemory-policy: it must be noeviction');
    });
  }

  /** Anybody may ask: however many do at once, each store is asked once. */
  async report(): Promise<HealthReport> {
    this.asking ??= this.probeAll().finally(() => (this.asking = undefined));
    return { status: this.phase, dependencies: await this.asking };
  }

  private async probeAll(): Promise<HealthReport['dependencies']> {
    const [database, redis] = await Promise.all([
      probe(() => this.database.rows('SELECT 1')),
      probe(() => this.redis.ping()),
    ]);
    const kafka =
      this.config.KAFKA_BROKERS === '' || this.config.ROLE === 'api'
        ? 'off'
        : this.notifications.kafkaState();
    return { database, redis, kafka: { status: kafka } };
  }
}

async function probe(ask: () => Promise<unknown>): Promise<{ status: 'up' | 'down'; ms: number }> {
  const startedAtMs = monotonicMs();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<'down'>((resolve) => {
    timer = setTimeout(() => {
      resolve('down');
    }, PROBE_LIMIT_MS);
  });
  const status = await Promise.race([
    ask().then(
      () => 'up' as const,
      () => 'down' as const,
    ),
    limit,
  ]);
  clearTimeout(timer);
  return { status, ms: Math.round(monotonicMs() - startedAtMs) };
}

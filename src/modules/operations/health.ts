import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../common/clock';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../platform/database/database';
import { checkWritable } from '../../platform/database/probe';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { Redis } from '../../platform/redis/redis';
import { RedisEvictionLog } from '../../platform/redis/eviction-log';
import { NotificationWorker } from '../notifications/worker';
import { queueKeys } from '../waiting-room/state/keys';

/** A store is `up` if it takes writes: a replica or a read-only server answers, and nothing can be sold on it. */
export interface HealthReport {
  status: 'starting' | 'ready' | 'draining';
  dependencies: Record<string, { status: 'up' | 'down' | 'off'; ms?: number }>;
}

const PROBE_LIMIT_MS = 1000;

const LIMITS = 'SELECT @@max_connections AS connections, @@max_prepared_stmt_count AS statements';

interface DatabaseLimits {
  connections: number;
  statements: number;
}

/** What the processes of one WORKERS may take of the database, where that is more than it has for all. */
function excesses(
  limits: DatabaseLimits,
  config: Config,
): { limit: string; allowed: number; needed: number }[] {
  const connections = config.WORKERS * config.DATABASE_POOL_MAX;
  return [
    { limit: 'max_connections', allowed: limits.connections, needed: connections },
    {
      limit: 'max_prepared_stmt_count',
      allowed: limits.statements,
      needed: connections * config.DATABASE_STATEMENTS_MAX,
    },
  ].filter(({ allowed, needed }) => needed > allowed);
}

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

  /** Rejects while the database or Redis has never taken a write. */
  async firstContact(): Promise<void> {
    await Promise.all([this.checkLimits(), checkWritable(this.database), this.checkRedis()]);
    await this.evictionLog.ask().catch((err: unknown) => {
      this.logger.warn({ err }, 'redis does not tell its maxmemory-policy: it must be noeviction');
    });
  }

  private async checkLimits(): Promise<void> {
    const [limits] = await this.database.query<DatabaseLimits>(LIMITS);
    for (const excess of limits === undefined ? [] : excesses(limits, this.config))
      this.logger.error(
        excess,
        'the processes of this WORKERS may need more than the database allows in all',
      );
  }

  /** Adds nothing to what is not there; a replica, or a server that takes no writes now, refuses it. */
  private async checkRedis(): Promise<void> {
    const { QUEUE_ID, QUEUES } = this.config;
    const queues = [QUEUE_ID, ...Object.keys(QUEUES)].map(queueKeys);
    await Promise.all(queues.map(({ prefix }) => this.redis.zadd(`${prefix}active`, 'XX', 0, 'probe')));
  }

  /** Anybody may ask: however many do at once, each store is asked once. */
  async report(): Promise<HealthReport> {
    this.asking ??= this.probeAll().finally(() => (this.asking = undefined));
    return { status: this.phase, dependencies: await this.asking };
  }

  private async probeAll(): Promise<HealthReport['dependencies']> {
    const [database, redis] = await Promise.all([
      probe(() => checkWritable(this.database)),
      probe(() => this.checkRedis()),
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

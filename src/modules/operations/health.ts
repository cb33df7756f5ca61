import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../common/clock';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../platform/database/database';
import { DatabaseRefusals } from '../../platform/database/refusals';
import { KafkaConnectionStatus } from '../../platform/kafka';
import { checkWritable } from '../../platform/database/connection/probe';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { HealthStore } from './store';

/**
 * A store is `up` if it takes writes: a replica or a read-only server answers, and nothing can be sold on it.
 * `reason` is `full` where it answers, and refused a row for lack of room within the last minute.
 */
export interface HealthReport {
  status: 'starting' | 'ready' | 'draining';
  dependencies: Record<string, { status: 'up' | 'down' | 'off'; ms?: number; reason?: 'full' }>;
}

const PROBE_LIMIT_MS = 1000;

/** The pages do without the database. */
const NEVER_ASKED = { status: 'off' as const };

/** `ofAccount` is the limit of this account; 0: only the server's limit counts. */
const LIMITS = `
  SELECT @@max_connections AS connections, @@session.max_user_connections AS ofAccount,
         @@max_prepared_stmt_count AS statements`;

interface DatabaseLimits {
  connections: number;
  ofAccount: number;
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
    { limit: 'max_user_connections', allowed: limits.ofAccount || Infinity, needed: connections },
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
    private readonly refusals: DatabaseRefusals,
    private readonly store: HealthStore,
    private readonly kafka: KafkaConnectionStatus,
    @inject(CONFIG) private readonly config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Rejects while the database or Redis has never taken a write. */
  async firstContact(): Promise<void> {
    await Promise.all([this.checkLimits(), checkWritable(this.database), this.store.checkWritable()]);
    await this.store.checkEviction().catch((err: unknown) => {
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

  /** Anybody may call the probe: concurrent calls share one check of each store. */
  async report(): Promise<HealthReport> {
    this.asking ??= this.probeAll().finally(() => (this.asking = undefined));
    return { status: this.phase, dependencies: await this.asking };
  }

  private async probeAll(): Promise<HealthReport['dependencies']> {
    const [database, redis] = await Promise.all([
      this.config.ROLE === 'web' ? NEVER_ASKED : this.probeDatabase(),
      probe(() => this.store.checkWritable()),
    ]);
    return { database, redis, kafka: { status: this.kafka.state } };
  }

  private async probeDatabase(): Promise<HealthReport['dependencies'][string]> {
    const probed = await probe(() => checkWritable(this.database));
    return probed.status === 'up' && this.refusals.isFull
      ? { ...probed, status: 'down', reason: 'full' }
      : probed;
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

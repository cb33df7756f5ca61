import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../../common/clock';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import { Lease } from '../../../platform/database/lease';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { PeriodicTask } from '../../../common/periodic-task';
import { InvariantMetrics } from '../metrics';
import { allChecks } from '../checks';
import { deliveredToKafkaWithoutEffect } from '../checks/events';
import { disorderedQueues, overfullQueues } from '../checks/queues';
import { CheckRun, nameOf } from './check-run';
import { InvariantRepository } from '../repository';
import type { QueueState, SqlCheck } from '../schema';
import { KnownViolations } from './known-violations';
import { ScanRotation } from './scan-rotation';
import { InvariantStore } from '../store';
import { type Broken, UncheckedParts, withoutCovered } from './unchecked-parts';

const MS_PER_SECOND = 1000;
/** A check takes at most this share of the time between two checks. */
const BUDGET_SHARE = 0.01;
/** A look missed or late: the lease outlasts it. */
const LEASE_LOOKS = 3;
/** Most spans with violations that every run checks again; further ones wait for the scan. */
const BROKEN_MOST = 20;

/** What was too slow is tried again when looks have cost less than they may for as long; after this many looks at the latest. */
const MAX_RUNS_BETWEEN_RETRIES = 64;
/** Pages of a queue's active users that are read in one look. */
const PAGES_PER_LOOK = 20;

/**
 * Looks again and again whether the invariants are kept, at a cost that does not grow with the tables: each look takes
 * what was written since the look before last, the next chunk of every table, and the spans that were broken. A chunk
 * grows and shrinks with the time that it takes. A check that is too slow is logged, counted and passed over: looks go on
 * with all others, and come back to it when they have made up for the time. One process at a time looks; the others export nothing.
 */
@scoped(Lifecycle.ContainerScoped)
export class InvariantMonitor {
  private readonly checks: SqlCheck[];
  private readonly queueIds: string[];
  private readonly lease: Lease;
  private readonly loop: PeriodicTask;
  private broken: Broken[] = [];
  private readonly unchecked = new UncheckedParts();
  private readonly scans: ScanRotation;
  /** Time that looks have taken beyond what they may. */
  private debtMs = 0;
  private runsSinceRetry = 0;
  private readonly violations: KnownViolations;

  constructor(
    database: Database,
    private readonly repository: InvariantRepository,
    private readonly store: InvariantStore,
    @inject(CONFIG) private readonly config: Config,
    private readonly metrics: InvariantMetrics,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.violations = new KnownViolations(logger);
    this.checks = [
      ...allChecks(),
      ...(config.KAFKA_BROKERS === '' ? [] : [deliveredToKafkaWithoutEffect(config)]),
    ].filter(({ along, severity }) => along !== undefined && severity !== 'warning');
    this.scans = new ScanRotation(this.checks, this.unchecked, this.budgetMs);
    this.queueIds = [config.QUEUE_ID, ...config.QUEUES.keys()];
    const everyMs = config.INVARIANT_CHECK_INTERVAL_SECONDS * MS_PER_SECOND;
    this.lease = new Lease(database, 'invariants', LEASE_LOOKS * everyMs);
    this.loop = new PeriodicTask('invariant checks', everyMs, () => this.run(), logger);
  }

  start(): void {
    if (this.config.INVARIANT_CHECK_INTERVAL_SECONDS > 0) this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    await this.lease.release();
  }

  /**
   * Runs the checks once. A check that cannot run keeps its numbers, and the time of the last complete run stays.
   * @throws DatabaseUnavailable, RedisUnavailable and other errors of the database or Redis
   */
  async run(): Promise<void> {
    if (!(await this.lease.hold())) {
      this.violations.clear();
      this.metrics.clear();
      return;
    }
    const startedAtMs = monotonicMs();
    const [rows, queues] = await Promise.allSettled([this.checkRows(), this.checkQueues()]);
    this.metrics.invariantViolations.setAll(this.violations.readings());
    this.metrics.invariantCheckDuration.set((monotonicMs() - startedAtMs) / MS_PER_SECOND);
    if (rows.status === 'rejected') throw rows.reason;
    if (queues.status === 'rejected') throw queues.reason;
    this.metrics.invariantChecked.set(rows.value);
  }

  /**
   * Within the time limit of a unit of database work.
   * @returns as of when, by the database's clock, in Unix seconds
   * @throws the first error of a check that could not run, after all others have run
   */
  private async checkRows(): Promise<number> {
    const startedAtMs = monotonicMs();
    const triesAgain = this.debtMs === 0 || this.runsSinceRetry >= MAX_RUNS_BETWEEN_RETRIES;
    this.runsSinceRetry = triesAgain ? 0 : this.runsSinceRetry + 1;
    try {
      const { look, done, now } = await this.repository.inSnapshot(async (on) => {
        const [clock] = await on.query<{ now: number }>('SELECT UNIX_TIMESTAMP(NOW(3)) AS now');
        const look = new CheckRun(on, this.config.DATABASE_TIMEOUT_MS);
        for (const { part } of this.broken) if (!look.isOver) await look.ask(part);
        if (triesAgain) await this.tryAgain(look);
        return { look, done: await this.scans.nextChunks(look, triesAgain), now: clock?.now ?? 0 };
      });
      for (const isDone of done) isDone();
      this.conclude(look);
      if (look.failed[0] !== undefined) throw look.failed[0].error;
      return now;
    } finally {
      const tookMs = monotonicMs() - startedAtMs;
      this.debtMs = Math.max(0, this.debtMs + tookMs - this.budgetMs);
    }
  }

  private async checkQueues(): Promise<void> {
    const states: QueueState[] = [];
    for (const queueId of this.queueIds) states.push(await this.store.state(queueId, PAGES_PER_LOOK));
    this.violations.learn('I6', overfullQueues(states));
    this.violations.learn('I7', disorderedQueues(states));
  }

  private get budgetMs(): number {
    return this.config.INVARIANT_CHECK_INTERVAL_SECONDS * MS_PER_SECOND * BUDGET_SHARE;
  }

  private async tryAgain(look: CheckRun): Promise<void> {
    const part = this.unchecked.first();
    if (part === undefined || look.isOver) return;
    this.unchecked.forget(nameOf(part)); // to the end, when it is too slow again
    if (!(await look.ask(part))) this.unchecked.add(nameOf(part), part);
  }

  private conclude(look: CheckRun): void {
    const stillUnknown = this.broken.filter(({ part }) => !look.asked.has(nameOf(part)));
    const broken = [...look.found, ...stillUnknown];
    this.broken = withoutCovered(broken).slice(0, BROKEN_MOST);
    for (const invariant of new Set(this.checks.map((check) => check.invariant)))
      this.violations.learn(
        invariant,
        broken.filter(({ part }) => part.check.invariant === invariant).map(({ finding }) => finding),
      );
    for (const name of look.asked) this.unchecked.forget(name);
    for (const part of look.parts) this.unchecked.forgetCovered(part);
    for (const { name, part } of [...look.slow, ...look.failed]) {
      if (!this.unchecked.add(name, part)) continue;
      this.logger.warn(
        { check: name, limitMs: look.limitMs },
        'an invariant check was too slow or failed and is tried again later',
      );
    }
    this.metrics.invariantUncheckedChunks.set(this.unchecked.size);
  }
}

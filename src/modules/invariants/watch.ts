import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../clock';
import { CONFIG, type Config } from '../../config';
import { Database } from '../../infra/database';
import { Lease } from '../../infra/lease';
import { LOGGER, type Logger } from '../../infra/logger';
import { Loop } from '../../infra/loop';
import { Metrics } from '../../infra/metrics';
import { Redis } from '../../infra/redis';
import { allChecks } from './checks';
import { disorderedQueues, overfullQueues } from './checks/queues';
import { findIn, InvariantRepository } from './repository';
import {
  type Finding,
  type InvariantId,
  INVARIANTS,
  type QueueState,
  type Row,
  type Span,
  type SqlCheck,
  type Table,
} from './schema';
import { InvariantStore } from './store';
import { type Step, Walk } from './walk';

const MS_PER_SECOND = 1000;
/** Of the time between two looks a look shall take no more. */
const BUDGET_SHARE = 0.01;
const ROWS_AT_FIRST = 1000;
const ROWS_LEAST = 100;
const ROWS_MOST = 10_000;
/** A look missed or late: the lease outlasts it. */
const LEASE_LOOKS = 3;
/** Spans with violations that are looked at again each time; further ones wait for the walk. */
const BROKEN_MOST = 20;

/** One check of one span: what a look consists of. */
interface Part {
  check: SqlCheck;
  span: Span;
}

/**
 * Looks again and again whether the invariants are kept, at a cost that does not grow with the tables: each look takes
 * what was written since the look before last, the next piece of every table, and the spans that were broken. A piece
 * grows and shrinks with the time that looks take. One process at a time looks; the others export nothing.
 */
@scoped(Lifecycle.ContainerScoped)
export class InvariantWatch {
  private readonly checks: SqlCheck[];
  private readonly repository: InvariantRepository;
  private readonly store: InvariantStore;
  private readonly queueIds: string[];
  private readonly lease: Lease;
  private readonly loop: Loop;
  private readonly walk = new Walk();
  private rows = ROWS_AT_FIRST;
  private broken: Part[] = [];
  /** Offending rows by invariant, as text: of those that could be asked. */
  private known = new Map<InvariantId, Set<string>>();

  constructor(
    database: Database,
    redis: Redis,
    @inject(CONFIG) private readonly config: Config,
    private readonly metrics: Metrics,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.checks = allChecks(config).filter(
      ({ along, severity }) => along !== undefined && severity !== 'warning',
    );
    this.repository = new InvariantRepository(database);
    this.store = new InvariantStore(redis);
    this.queueIds = [config.QUEUE_ID, ...config.QUEUES.keys()];
    const everyMs = config.WATCH_SECONDS * MS_PER_SECOND;
    this.lease = new Lease(database, 'invariants', LEASE_LOOKS * everyMs);
    this.loop = new Loop('watch over the invariants', everyMs, () => this.look(), logger);
  }

  start(): void {
    if (this.config.WATCH_SECONDS > 0) this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    await this.lease.release();
  }

  /**
   * One look. What cannot be asked keeps its numbers, and the time of the last whole look stays.
   * @throws DatabaseUnavailable, RedisUnavailable and other errors of the database or Redis
   */
  async look(): Promise<void> {
    if (!(await this.lease.hold())) {
      this.tellNothing();
      return;
    }
    const startedAtMs = monotonicMs();
    const [rows, queues] = await Promise.allSettled([this.lookAtRows(), this.lookAtQueues()]);
    this.metrics.invariantViolations.setAll(
      [...this.known].map(([invariant, offending]) => ({ labels: { invariant }, value: offending.size })),
    );
    this.metrics.invariantCheckDuration.set((monotonicMs() - startedAtMs) / MS_PER_SECOND);
    if (rows.status === 'rejected') throw rows.reason;
    if (queues.status === 'rejected') throw queues.reason;
    this.metrics.invariantChecked.set(rows.value);
  }

  /** Within the time limit of a unit of database work. @returns as of when, by the database's clock, in Unix seconds */
  private async lookAtRows(): Promise<number> {
    const startedAtMs = monotonicMs();
    const broken: Part[] = [];
    const found = new Map<InvariantId, Finding[]>(this.checks.map(({ invariant }) => [invariant, []]));
    try {
      return await this.repository.inSnapshot(async (on) => {
        const { steps, done } = await this.walk.step(on, this.rows);
        for (const part of this.partsOf(steps)) {
          const finding = await findIn(on, part.check, part.span);
          if (finding === undefined) continue;
          broken.push(part);
          found.get(part.check.invariant)?.push(finding);
        }
        const [clock] = await on.rows<{ now: number }>('SELECT UNIX_TIMESTAMP(NOW(3)) AS now');
        this.broken = broken.slice(0, BROKEN_MOST);
        for (const [invariant, findings] of found) this.learn(invariant, findings);
        done();
        return clock?.now ?? 0;
      });
    } finally {
      this.adaptPieces(monotonicMs() - startedAtMs);
    }
  }

  private async lookAtQueues(): Promise<void> {
    const states: QueueState[] = [];
    for (const queueId of this.queueIds) states.push(await this.store.state(queueId));
    this.learn('I6', overfullQueues(states, this.config));
    this.learn('I7', disorderedQueues(states));
  }

  private partsOf(steps: Map<Table, Step>): Part[] {
    const spans = (check: SqlCheck): (Span | undefined)[] => {
      const step = check.along && steps.get(check.along);
      return [step?.fresh, check.whileFresh ? undefined : step?.piece];
    };
    const next = this.checks.flatMap((check) =>
      spans(check).flatMap((span) => (span === undefined ? [] : [{ check, span }])),
    );
    return withoutCovered([...this.broken, ...next]);
  }

  private adaptPieces(tookMs: number): void {
    const budgetMs = this.config.WATCH_SECONDS * MS_PER_SECOND * BUDGET_SHARE;
    if (tookMs > budgetMs) this.rows = Math.max(ROWS_LEAST, Math.floor(this.rows / 2));
    else if (tookMs < budgetMs / 2) this.rows = Math.min(ROWS_MOST, this.rows * 2);
  }

  /** A row is logged when it is first seen, not at each look. */
  private learn(invariant: InvariantId, findings: Finding[]): void {
    const before = this.known.get(invariant);
    const now = new Set<string>();
    for (const { what, rows, more } of findings) {
      const fresh = rows.filter((row) => !before?.has(textOf(what, row)));
      if (fresh.length > 0)
        this.logger.error(
          { invariant, about: INVARIANTS[invariant], what, rows: fresh, more },
          'an invariant is violated',
        );
      for (const row of rows) now.add(textOf(what, row));
      if (more) now.add(`${what}: more`);
    }
    if (now.size === 0 && before !== undefined && before.size > 0)
      this.logger.info({ invariant, about: INVARIANTS[invariant] }, 'the invariant is kept again');
    this.known.set(invariant, now);
  }

  private tellNothing(): void {
    this.known.clear();
    for (const of of [
      this.metrics.invariantViolations,
      this.metrics.invariantChecked,
      this.metrics.invariantCheckDuration,
    ])
      of.forget();
  }
}

const textOf = (what: string, row: Row): string => `${what}: ${JSON.stringify(row)}`;

const covers = (a: Part, b: Part): boolean =>
  a.check === b.check &&
  a.span.first <= b.span.first &&
  a.span.last >= b.span.last &&
  a.span.eventsFrom <= b.span.eventsFrom;

/** Of two parts that are the same the first one stays. */
const withoutCovered = (parts: Part[]): Part[] =>
  parts.filter(
    (part, i) => !parts.some((other, j) => j !== i && covers(other, part) && (j < i || !covers(part, other))),
  );

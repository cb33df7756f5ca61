import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../common/clock';
import { LOGGER, type Logger } from '../observability/logger';
import { MetricGroup } from '../observability/metrics';
import { describeDatabaseError } from './connection/ready';
import type { DatabaseRefusal } from './errors';

/** The same words of the server are logged once in this time. */
const LOG_EVERY_MS = 10_000;
/** Most lines in that time: the text of some errors is another one each time. */
const LINES_MAX = 20;
/** So long after the last refusal the database counts as full: longer than an open breaker keeps statements from it. */
const FULL_MS = 60_000;

const MESSAGES: Record<DatabaseRefusal, string> = {
  demoted: 'the database is demoted: its connections are given up',
  incomplete: 'the database account lacks a right, or the database a table or column: has migrate run?',
  full: 'the database is full: it takes no new rows',
};

@scoped(Lifecycle.ContainerScoped)
export class DatabaseRefusalMetrics extends MetricGroup {
  readonly refusals = this.counter('concert_database_refusals_total', 'Statements that MariaDB refused', [
    'kind',
  ]);
}

/** Counts and logs refusals, and knows whether the database was full a moment ago. */
@scoped(Lifecycle.ContainerScoped)
export class DatabaseRefusals {
  private fullAtMs = -Infinity;
  private linesSinceMs = -Infinity;
  private readonly lines = new Set<string>();

  constructor(
    private readonly metrics: DatabaseRefusalMetrics,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    for (const kind of Object.keys(MESSAGES)) metrics.refusals.inc({ kind }, 0);
  }

  /** No statement can prove that there is room: a row may fit into the pages of one table, and into none of another. */
  get isFull(): boolean {
    return monotonicMs() - this.fullAtMs < FULL_MS;
  }

  notice(kind: DatabaseRefusal, error: unknown): void {
    this.metrics.refusals.inc({ kind });
    const now = monotonicMs();
    if (kind === 'full') this.fullAtMs = now;
    const why = describeDatabaseError(error);
    if (this.isNewLine(why, now)) this.logger[kind === 'demoted' ? 'warn' : 'error']({ why }, MESSAGES[kind]);
  }

  private isNewLine(line: string, nowMs: number): boolean {
    if (nowMs - this.linesSinceMs >= LOG_EVERY_MS) {
      this.lines.clear();
      this.linesSinceMs = nowMs;
    }
    if (this.lines.has(line) || this.lines.size >= LINES_MAX) return false;
    this.lines.add(line);
    return true;
  }
}

import { monotonicMs } from '../../../common/clock';
import type { Breaker } from '../../circuit-breaker/breaker';
import type { Database } from '../database';
import { checkWritable } from './probe';

/**
 * Probes every 500 ms, beside the breaker, whether the database takes writes. When it does so after an outage or a
 * failover, the breaker is reset: waiting longer would only refuse buyers, and a breaker that stayed closed would still
 * be opened by what failed meanwhile (ADR 7). A database that takes writes but fails at its work (locks, a full disk) was
 * never away: its breaker goes through half-open, of which users need not wait the study's time, because a trial of ten calls
 * is no load for a database that answers.
 */
export class DatabaseContact {
  static readonly INTERVAL_MS = 500;
  /** A breaker that has opened at a database that answers makes its trial after this time. */
  static readonly TRIAL_AFTER_MS = 2000;
  private unansweredAtMs = -Infinity;

  /** @param lateMs how long after its return calls may still fail for what was before: dead connections */
  constructor(
    private readonly database: Pick<Database, 'execute' | 'lostAtMs'>,
    private readonly breaker: Pick<Breaker, 'reset' | 'tryEarly'>,
    private readonly lateMs: number,
  ) {}

  /** @throws DatabaseUnavailable */
  async probe(): Promise<void> {
    try {
      await checkWritable(this.database);
    } catch (error) {
      this.unansweredAtMs = monotonicMs();
      throw error;
    }
    const awayAtMs = Math.max(this.unansweredAtMs, this.database.lostAtMs);
    if (monotonicMs() - awayAtMs < this.lateMs) this.breaker.reset();
    else this.breaker.tryEarly(DatabaseContact.TRIAL_AFTER_MS);
  }
}

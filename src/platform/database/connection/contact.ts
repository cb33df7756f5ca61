import { monotonicMs } from '../../../common/clock';
import type { Breaker } from '../../circuit-breaker/breaker';
import type { Database } from '../database';
import { checkWritable } from './probe';

/**
 * Probes every 500 ms, beside the breaker, whether the database takes writes. When it does so after an outage or a
 * failover, the breaker is reset: waiting longer would only refuse buyers, and a breaker that stayed closed would still
 * be opened by what failed meanwhile (ADR 7). A database that takes writes but fails at its work (locks, a full disk) was
 * never away, and its breaker goes through half-open.
 */
export class DatabaseContact {
  static readonly INTERVAL_MS = 500;
  private unansweredAtMs = -Infinity;

  /** @param lateMs how long after its return calls may still fail for what was before: dead connections */
  constructor(
    private readonly database: Pick<Database, 'execute' | 'lostAtMs'>,
    private readonly breaker: Pick<Breaker, 'reset'>,
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
  }
}

import type { Logger } from '../../../platform/observability/logger';
import type { Entry } from '../state/entries/entry';
import { historyOf } from '../state/generation';
import type { QueueRepository } from '../state/repository';
import type { QueueProgress } from '../state/results';
import { type Guard, UNGUARDED } from './guards';

/** The highest progress of a queue that this process knows. It is saved in the database, for when Redis loses it. */
export class ProgressTracker {
  private readonly progress: QueueProgress = { issued: 0, headSeq: 0, gen: 0 };

  constructor(
    private readonly queueId: string,
    private readonly repository: QueueRepository,
    private readonly logger: Logger,
  ) {}

  get known(): Readonly<QueueProgress> {
    return this.progress;
  }

  /** Whether the queue has a history as far as this process knows. */
  get hasHistory(): boolean {
    return this.progress.gen > 0;
  }

  isOfHistory(gen: number): boolean {
    return historyOf(gen) === historyOf(this.progress.gen);
  }

  /** Progress only ever grows. */
  advance({ issued = 0, headSeq = 0, gen = 0 }: Partial<QueueProgress>): void {
    this.progress.issued = Math.max(this.progress.issued, issued);
    this.progress.headSeq = Math.max(this.progress.headSeq, headSeq);
    this.progress.gen = Math.max(this.progress.gen, gen);
  }

  /** A genuine token of this history proves that its seq was issued. */
  advanceByToken({ seq, gen }: Entry): void {
    if (this.isOfHistory(gen)) this.advance({ issued: seq });
  }

  /** Advances to what processes have saved, perhaps some that are gone. @throws when the database is away */
  async load(guard: Guard): Promise<void> {
    this.advance((await guard(() => this.repository.find(this.queueId))) ?? {});
  }

  /** As `load`; a failure is logged. */
  async tryLoad(): Promise<void> {
    try {
      // Not through the guard: at a cold start every task comes here until MariaDB answers, and would open the breaker.
      await this.load(UNGUARDED.database);
    } catch (err) {
      this.logger.warn({ err, queue: this.queueId }, 'saved queue progress not read');
    }
  }

  /** A failure is logged; the next save comes soon. */
  async save(): Promise<void> {
    if (!this.hasHistory) return;
    try {
      await this.repository.save(this.queueId, this.progress);
    } catch (err) {
      this.logger.warn({ err, queue: this.queueId }, 'queue progress not saved');
    }
  }
}

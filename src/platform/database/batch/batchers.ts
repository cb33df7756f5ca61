import type { Tracer } from '../../observability/traces/tracer';
import type { Database } from '../database';
import { TransactionBatcher } from './transaction-batcher';
import type { BatchKind } from './kind';
import { BatchMetrics } from './metrics';

/** Makes the batchers of a process, and closes them before the database. */
export class Batchers {
  private readonly all: { close(): Promise<void> }[] = [];

  /** @param maxWaitMs longest time that a request may wait to begin: no less than a transaction may take */
  constructor(
    private readonly database: Database,
    private readonly metrics: BatchMetrics,
    private readonly maxWaitMs: number,
    private readonly tracer?: Tracer,
  ) {}

  of<Request, Result>(kind: BatchKind<Request, Result>): TransactionBatcher<Request, Result> {
    const batcher = new TransactionBatcher(kind, this.database, this.metrics, this.maxWaitMs, this.tracer);
    this.all.push(batcher);
    return batcher;
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((batcher) => batcher.close()));
  }
}

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Lifecycle, scoped } from 'tsyringe';
import { Breakers } from '../../operations/breakers';
import { Database } from '../../../platform/database/database';
import { HttpMetrics } from '../../../http/metrics';
import { recordRequest, type Signals, emptySignals } from './signals';

const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/** What this process sees of the requests of those inside, second by second. */
@scoped(Lifecycle.ContainerScoped)
export class LoadMonitor {
  private signals = emptySignals();
  private readonly loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor(
    private readonly breakers: Breakers,
    private readonly database: Database,
    private readonly metrics: HttpMetrics,
  ) {}

  start(): void {
    this.loop.enable();
  }

  stop(): void {
    this.loop.disable();
  }

  /** One request of somebody inside was answered. */
  recordRequest(ms: number, status: number, isWrite: boolean): void {
    recordRequest(this.signals, ms, status >= 500, isWrite);
  }

  /** Everything since it was last asked. */
  drain(): Signals {
    const { queue, concert } = this.breakers;
    const taken: Signals = {
      ...this.signals,
      poolWaitMs: this.database.takeLongestWaitMs(),
      poolBusy: this.database.takeBusyShare(),
      loopDelayMs: Math.max(0, this.loop.percentile(99) / NS_PER_MS - RESOLUTION_MS), // its timer's own interval
      inFlight: this.metrics.requestsInFlight,
      breakerOpen: queue.state !== 'closed' || concert.state !== 'closed',
    };
    this.signals = emptySignals();
    this.loop.reset();
    return taken;
  }
}

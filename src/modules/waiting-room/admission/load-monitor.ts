import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Lifecycle, scoped } from 'tsyringe';
import { Breakers } from '../../operations/breakers';
import { Database } from '../../../platform/database/database';
import { HttpMetrics } from '../../../http/metrics';
import { emptySignals, recordRequest, type Signals } from './signals';

const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/** Measures the requests of active users in this process, second by second. */
@scoped(Lifecycle.ContainerScoped)
export class LoadMonitor {
  private signals = emptySignals();
  private readonly eventLoopDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor(
    private readonly breakers: Breakers,
    private readonly database: Database,
    private readonly metrics: HttpMetrics,
  ) {}

  start(): void {
    this.eventLoopDelay.enable();
  }

  stop(): void {
    this.eventLoopDelay.disable();
  }

  /** A request of an active user was answered. */
  recordRequest(ms: number, status: number, isWrite: boolean): void {
    recordRequest(this.signals, ms, status >= 500, isWrite);
  }

  /** Hands over everything since the last call. */
  drain(): Signals {
    const { queue, concert } = this.breakers;
    const p99DelayMs = this.eventLoopDelay.percentile(99) / NS_PER_MS;
    const signals: Signals = {
      ...this.signals,
      poolWaitMs: this.database.takeLongestWaitMs(),
      poolBusy: this.database.takeBusyShare(),
      loopDelayMs: Math.max(0, p99DelayMs - RESOLUTION_MS), // the monitor measures its own timer's interval as well
      inFlight: this.metrics.requestsInFlight,
      breakerOpen: queue.state !== 'closed' || concert.state !== 'closed',
    };
    this.signals = emptySignals();
    this.eventLoopDelay.reset();
    return signals;
  }
}

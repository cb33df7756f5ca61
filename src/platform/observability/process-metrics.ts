import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from './metrics';

/** Metrics of a process, in addition to prom-client's default metrics. */
@scoped(Lifecycle.ContainerScoped)
export class ProcessMetrics extends MetricGroup {
  readonly uncaughtErrors = this.counter(
    'concert_uncaught_errors_total',
    'Errors that nobody caught, of drivers, sockets and timers; the process went on',
  );

  /** Exports the connections of the database pool, read at each scrape. */
  followPool(read: () => { open: number; inUse: number; waiting: number }): void {
    const help = 'Database connections open and in use, and requests that wait for one';
    this.observedGauge(
      { name: 'concert_database_pool_connections', help, labelNames: ['state'] },
      (gauge) => {
        for (const [state, count] of Object.entries(read())) gauge.set({ state }, count);
      },
    );
  }

  /** Exports what the pod of all these processes requests; nothing where that is unknown. */
  showCpuRequest(millicores: number): void {
    if (millicores === 0) return;
    this.sharedGauge('concert_pod_cpu_request_cores', 'CPU that the pod requests').set(millicores / 1000);
  }

  /** Exports the event loop's utilization over the time since the last scrape. */
  followRuntime(): void {
    const help = 'Share of time that the event loop was busy since the last scrape';
    let last = performance.eventLoopUtilization();
    this.observedGauge({ name: 'nodejs_eventloop_utilization', help, aggregator: 'average' }, (gauge) => {
      const now = performance.eventLoopUtilization();
      gauge.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    });
  }
}

import type { Row } from '../lib/dashboard.ts';
import { graph } from '../lib/panels.ts';
import { of, prom, rate } from '../lib/prometheus.ts';

const BY = '{{job}} {{instance}}';

export const processes: Row = {
  title: 'Processes',
  panels: [
    graph(
      {
        title: 'CPU',
        description: 'Cores in use by each process. Answers come from one core; the rest is GC and I/O.',
        unit: 'short',
      },
      prom(rate('process_cpu_seconds_total'), BY),
    ),
    graph(
      {
        title: 'Event loop in use',
        description:
          'Share of time that the event loop was busy. Above 0.9 requests queue up.',
        unit: 'percentunit',
        max: 1,
        bad: 0.9,
      },
      prom(of('nodejs_eventloop_utilization'), BY),
    ),
    graph(
      {
        title: 'Event loop lag',
        description:
          'How late timers fire. Every request of the process waits as long (EventLoopLag above 0.1 s).',
        unit: 's',
        bad: 0.1,
      },
      prom(of('nodejs_eventloop_lag_p50_seconds'), `p50 ${BY}`),
      prom(of('nodejs_eventloop_lag_p99_seconds'), `p99 ${BY}`),
      prom(of('nodejs_eventloop_lag_max_seconds'), `max ${BY}`),
    ),
    graph(
      {
        title: 'Uncaught errors',
        description:
          'Errors of drivers, sockets and timers that nothing caught. The process goes on; normal is none (UncaughtErrors).',
        unit: 'short',
      },
      prom(`increase(${of('concert_uncaught_errors_total')}[10m])`, BY),
    ),
    graph(
      {
        title: 'Memory',
        description: 'Resident memory of each process, as the kernel counts it.',
        unit: 'bytes',
      },
      prom(of('process_resident_memory_bytes'), BY),
    ),
    graph(
      {
        title: 'Heap',
        description: 'Heap used and reserved. A floor that rises for hours is a leak.',
        unit: 'bytes',
      },
      prom(of('nodejs_heap_size_used_bytes'), `used ${BY}`),
      prom(of('nodejs_heap_size_total_bytes'), `reserved ${BY}`),
    ),
    graph(
      {
        title: 'Heap by space',
        description: 'Heap used by V8 space. “old” holds what lives long.',
        unit: 'bytes',
        stacked: true,
      },
      prom(`sum by (space) (${of('nodejs_heap_space_size_used_bytes')})`, '{{space}}'),
    ),
    graph(
      {
        title: 'Time in GC',
        description: 'Share of time that each process collects garbage, by kind. “major” stops the process.',
        unit: 'percentunit',
      },
      prom(`sum by (job, instance, kind) (${rate('nodejs_gc_duration_seconds_sum')})`, `{{kind}} ${BY}`),
    ),
    graph(
      { title: 'Collections', description: 'Garbage collections per second, by kind.', unit: 'cps' },
      prom(`sum by (kind) (${rate('nodejs_gc_duration_seconds_count')})`, '{{kind}}'),
    ),
    graph(
      {
        title: 'Files and handles',
        description:
          'Open file descriptors and active handles (sockets, timers). At the limit of descriptors calls fail with EMFILE.',
        unit: 'short',
      },
      prom(of('process_open_fds'), `descriptors ${BY}`),
      prom(of('nodejs_active_handles_total'), `handles ${BY}`),
    ),
    graph(
      {
        title: 'External memory',
        description: 'Buffers outside the heap: bodies, sockets, the snapshots of the queues.',
        unit: 'bytes',
      },
      prom(of('nodejs_external_memory_bytes'), BY),
    ),
    graph(
      { title: 'Age', description: 'Time since each process started. A sawtooth is a crash loop.', unit: 's' },
      prom(`time() - ${of('process_start_time_seconds')}`, BY),
    ),
    graph(
      {
        title: 'Answering',
        description: 'Whether Prometheus reaches the process (TargetDown).',
        unit: 'short',
        max: 1,
      },
      prom(of('up'), BY),
    ),
  ],
};

import type { Row } from '../lib/dashboard.ts';
import { ITERATIONS, over, total } from '../lib/influx.ts';
import type { Query } from '../lib/panels.ts';
import { graph, number } from '../lib/panels.ts';
import { NOT_BY_ENDPOINT, percentile, sum } from './select.ts';

const counted = (name: string, measurement: string): Query => over(sum, measurement, ITERATIONS, name);

/** What visitors met: the metrics of k6/lib/metrics.ts. */
export const visitors: Row = {
  title: 'Visitors',
  panels: [
    graph(
      {
        title: 'Time in queue',
        description: `From token to PROGRESS, of those who got in. ${NOT_BY_ENDPOINT}`,
        unit: 'ms',
      },
      ...[50, 95, 99].map((p) => over(percentile(p), 'queue_time', ITERATIONS, `p${p}`)),
    ),
    graph(
      {
        title: 'Admitted',
        description: `Share of those who lined up that got in. ${NOT_BY_ENDPOINT}`,
        unit: 'percentunit',
        max: 1,
      },
      over('mean("value")', 'queue_admitted', ITERATIONS, 'admitted'),
    ),
    graph(
      {
        title: 'Visits and sales',
        description: `A second: whole journeys, seats held, tickets sold, and seats that somebody else took first. ${NOT_BY_ENDPOINT}`,
        unit: 'cps',
      },
      counted('visits', 'visits'),
      counted('holds', 'holds'),
      counted('sold', 'tickets_sold'),
      counted('conflicts', 'seat_conflicts'),
    ),
    number(
      {
        title: 'Positions that went back',
        description: 'Somebody in line saw a larger position than before. Must be 0.',
        unit: 'short',
        bad: 1,
        none: '0',
      },
      total('sum("value")', 'queue_position_back', ITERATIONS, 'went back'),
    ),
    number(
      { title: 'Admitted share', description: 'Over the shown time.', unit: 'percentunit' },
      total('mean("value")', 'queue_admitted', ITERATIONS, 'admitted'),
    ),
    number(
      { title: 'Visits', description: 'Whole journeys in the shown time.', unit: 'short' },
      total('sum("value")', 'visits', ITERATIONS, 'visits'),
    ),
    number(
      { title: 'Holds', description: 'Seats held in the shown time.', unit: 'short' },
      total('sum("value")', 'holds', ITERATIONS, 'holds'),
    ),
    number(
      { title: 'Tickets sold', description: 'In the shown time.', unit: 'short' },
      total('sum("value")', 'tickets_sold', ITERATIONS, 'sold'),
    ),
    number(
      { title: 'Conflicts', description: 'Seats that somebody else took first (004).', unit: 'short' },
      total('sum("value")', 'seat_conflicts', ITERATIONS, 'conflicts'),
    ),
  ],
};

export const iterations: Row = {
  title: 'Iterations and traffic',
  panels: [
    graph(
      { title: 'Iterations', description: `Finished and dropped a second. ${NOT_BY_ENDPOINT}`, unit: 'cps' },
      counted('finished', 'iterations'),
      counted('dropped', 'dropped_iterations'),
    ),
    graph(
      {
        title: 'Iteration duration',
        description: `Waits and think times included. ${NOT_BY_ENDPOINT}`,
        unit: 'ms',
      },
      ...[50, 95].map((p) => over(percentile(p), 'iteration_duration', ITERATIONS, `p${p}`)),
    ),
    graph(
      { title: 'Traffic', description: `Bytes a second, received and sent. ${NOT_BY_ENDPOINT}`, unit: 'Bps' },
      counted('received', 'data_received'),
      counted('sent', 'data_sent'),
    ),
  ],
};

import type { Row } from '../lib/dashboard.ts';
import { ITERATIONS, over, total } from '../lib/influx.ts';
import type { Query } from '../lib/panels.ts';
import { graph, number } from '../lib/panels.ts';
import { NOT_BY_ENDPOINT, percentile, sum } from './select.ts';

const counted = (name: string, measurement: string): Query => over(sum, measurement, ITERATIONS, name);

/** What users saw: the metrics of k6/lib/metrics.ts. */
export const users: Row = {
  title: 'Users',
  panels: [
    graph(
      {
        title: 'Time in queue',
        description: `Time from token to PROGRESS of the users who were admitted. ${NOT_BY_ENDPOINT}`,
        unit: 'ms',
      },
      ...[50, 95, 99].map((p) => over(percentile(p), 'queue_time', ITERATIONS, `p${p}`)),
    ),
    graph(
      {
        title: 'Admitted',
        description: `Share of the users with a token who were admitted. ${NOT_BY_ENDPOINT}`,
        unit: 'percentunit',
        max: 1,
      },
      over('mean("value")', 'queue_admitted', ITERATIONS, 'admitted'),
    ),
    graph(
      {
        title: 'Visits and sales',
        description: `Per second: finished visits, seats held, tickets sold, and seats that another user took first. ${NOT_BY_ENDPOINT}`,
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
        description: 'Number of times that a user saw a larger position than before. It must be 0.',
        unit: 'short',
        bad: 1,
        none: '0',
      },
      total('sum("value")', 'queue_position_back', ITERATIONS, 'went back'),
    ),
    number(
      { title: 'Admitted share', description: 'Over the selected time range.', unit: 'percentunit' },
      total('mean("value")', 'queue_admitted', ITERATIONS, 'admitted'),
    ),
    number(
      { title: 'Visits', description: 'Finished visits in the selected time range.', unit: 'short' },
      total('sum("value")', 'visits', ITERATIONS, 'visits'),
    ),
    number(
      { title: 'Holds', description: 'Seats held in the selected time range.', unit: 'short' },
      total('sum("value")', 'holds', ITERATIONS, 'holds'),
    ),
    number(
      { title: 'Tickets sold', description: 'In the selected time range.', unit: 'short' },
      total('sum("value")', 'tickets_sold', ITERATIONS, 'sold'),
    ),
    number(
      { title: 'Conflicts', description: 'Seats that another user took first (004).', unit: 'short' },
      total('sum("value")', 'seat_conflicts', ITERATIONS, 'conflicts'),
    ),
  ],
};

export const iterations: Row = {
  title: 'Iterations and traffic',
  panels: [
    graph(
      { title: 'Iterations', description: `Finished and dropped per second. ${NOT_BY_ENDPOINT}`, unit: 'cps' },
      counted('finished', 'iterations'),
      counted('dropped', 'dropped_iterations'),
    ),
    graph(
      {
        title: 'Iteration duration',
        description: `Includes waits and think times. ${NOT_BY_ENDPOINT}`,
        unit: 'ms',
      },
      ...[50, 95].map((p) => over(percentile(p), 'iteration_duration', ITERATIONS, `p${p}`)),
    ),
    graph(
      { title: 'Traffic', description: `Bytes per second, received and sent. ${NOT_BY_ENDPOINT}`, unit: 'Bps' },
      counted('received', 'data_received'),
      counted('sent', 'data_sent'),
    ),
  ],
};

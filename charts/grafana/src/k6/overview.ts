import type { Row } from '../lib/dashboard.ts';
import { ITERATIONS, over, perSecond, REQUESTS, RUNS, total } from '../lib/influx.ts';
import { graph, number } from '../lib/panels.ts';
import { NOT_BY_ENDPOINT, percentile, sum } from './select.ts';

export const overview: Row = {
  title: 'Overview',
  panels: [
    graph(
      {
        title: 'Virtual users',
        description: 'Active and reserved virtual users. Only the filter by test applies, because users belong to no endpoint.',
        unit: 'short',
        width: 6,
      },
      over('max("value")', 'vus', RUNS, 'active'),
      over('max("value")', 'vus_max', RUNS, 'reserved'),
    ),
    graph(
      { title: 'Requests per second', description: 'Requests finished per second.', unit: 'reqps', width: 6 },
      over(sum, 'http_reqs', REQUESTS, 'requests'),
    ),
    graph(
      {
        title: 'Errors per second',
        description: 'Requests whose status was not among those expected.',
        unit: 'reqps',
        width: 6,
      },
      over(sum, 'http_req_failed', REQUESTS, 'failed'),
    ),
    graph(
      {
        title: 'Checks per second',
        description: 'Checks made and checks failed per second.',
        unit: 'cps',
        width: 6,
      },
      over(perSecond('count("value")'), 'checks', ITERATIONS, 'made'),
      over(perSecond('(count("value") - sum("value"))'), 'checks', ITERATIONS, 'failed'),
    ),
    number(
      { title: 'Requests', description: 'In the selected time range.', unit: 'short' },
      total('sum("value")', 'http_reqs', REQUESTS, 'requests'),
    ),
    number(
      {
        title: 'Failure rate',
        description: 'Share of failed requests; the study allows 1 %.',
        unit: 'percentunit',
        bad: 0.01,
      },
      total('mean("value")', 'http_req_failed', REQUESTS, 'failed'),
    ),
    number(
      { title: 'p99', description: '99 % of the requests are faster. The objective is 200 ms.', unit: 'ms', bad: 200 },
      total(percentile(99), 'http_req_duration', REQUESTS, 'p99'),
    ),
    number(
      { title: 'Checks passed', description: 'Share of checks that passed.', unit: 'percentunit' },
      total('mean("value")', 'checks', ITERATIONS, 'passed'),
    ),
    number(
      { title: 'Iterations', description: `Finished in the selected time range. ${NOT_BY_ENDPOINT}`, unit: 'short' },
      total('sum("value")', 'iterations', ITERATIONS, 'iterations'),
    ),
    number(
      {
        title: 'Dropped iterations',
        description:
          'Iterations that were not started because no virtual user was free, so that the load was lower than configured. No data means none.',
        unit: 'short',
        bad: 1,
        none: '0',
      },
      total('sum("value")', 'dropped_iterations', ITERATIONS, 'dropped'),
    ),
  ],
};

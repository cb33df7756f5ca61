import type { Row } from '../lib/dashboard.ts';
import { number } from '../lib/panels.ts';
import { of, prom, quantile, rate } from '../lib/prometheus.ts';
import { API } from './routes.ts';

const requests = rate('http_request_duration_seconds_count', API);

export const overview: Row = {
  title: 'Overview',
  panels: [
    number(
      {
        title: 'Requests',
        description: 'Answers of the API per second, with any status.',
        unit: 'reqps',
        width: 3,
      },
      prom(`sum(${requests})`),
    ),
    number(
      {
        title: 'p99',
        description: '1 % of the answers take longer than this. The objective is 200 ms.',
        unit: 's',
        width: 3,
        bad: 0.2,
      },
      prom(quantile(0.99, 'http_request_duration_seconds', '', API)),
    ),
    number(
      {
        title: 'Failing',
        description: 'Share of answers that are 5xx. The objective allows 0.1 %.',
        unit: 'percentunit',
        width: 3,
        bad: 0.001,
      },
      prom(
        `(sum(${rate('http_request_duration_seconds_count', `${API}, status=~"5.."`)}) or vector(0)) / sum(${requests})`,
      ),
    ),
    number(
      {
        title: 'Waiting',
        description: 'Users who wait and are present, over all queues.',
        unit: 'short',
        width: 3,
      },
      prom(`sum(max by (queue) (${of('concert_queue_waiting')}))`),
    ),
    number(
      {
        title: 'Active',
        description: 'Active users as a share of the admission limit. 100 % is normal while users wait.',
        unit: 'percentunit',
        width: 3,
        max: 1,
      },
      prom(`sum(max by (queue) (${of('concert_queue_active')})) / sum(max by (queue) (${of('concert_queue_active_limit')}))`),
    ),
    number(
      { title: 'Sold', description: 'Tickets sold in the selected time range.', unit: 'short', width: 3 },
      prom(`sum(increase(${of('concert_ticket_sales_total')}[$__range]))`),
    ),
    number(
      {
        title: 'Breakers open',
        description: 'Circuit breakers that refuse calls, over all processes. See the runbook BreakerOpen.',
        unit: 'short',
        width: 3,
        bad: 1,
      },
      prom(`sum(${of('concert_breaker_state', 'state="open"')})`),
    ),
    number(
      {
        title: 'Invariant violations',
        description:
          'Rows that break an invariant (a seat sold twice …). Anything but 0 is an alarm: InvariantViolated.',
        unit: 'short',
        width: 3,
        bad: 1,
      },
      prom(`sum(max by (invariant) (${of('concert_invariant_violations')}))`),
    ),
  ],
};

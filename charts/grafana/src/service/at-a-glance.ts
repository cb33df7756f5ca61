import type { Row } from '../lib/dashboard.ts';
import { number } from '../lib/panels.ts';
import { of, prom, quantile, rate } from '../lib/prometheus.ts';
import { API } from './routes.ts';

const requests = rate('http_request_duration_seconds_count', API);

export const atAGlance: Row = {
  title: 'At a glance',
  panels: [
    number(
      {
        title: 'Requests',
        description: 'Answers of the API a second, whatever their status.',
        unit: 'reqps',
        width: 3,
      },
      prom(`sum(${requests})`),
    ),
    number(
      {
        title: 'p99',
        description: 'The slowest hundredth takes longer than this. “Loaded” is above 200 ms.',
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
        description: 'People in line who are present, all lines together.',
        unit: 'short',
        width: 3,
      },
      prom(`sum(max by (queue) (${of('concert_queue_waiting')}))`),
    ),
    number(
      {
        title: 'Inside',
        description: 'Visitors inside as a share of the cap. Full is normal while people wait.',
        unit: 'percentunit',
        width: 3,
        max: 1,
      },
      prom(`sum(max by (queue) (${of('concert_queue_active')})) / sum(max by (queue) (${of('concert_queue_active_limit')}))`),
    ),
    number(
      { title: 'Sold', description: 'Tickets sold in the shown time.', unit: 'short', width: 3 },
      prom(`sum(increase(${of('concert_ticket_sales_total')}[$__range]))`),
    ),
    number(
      {
        title: 'Breakers open',
        description: 'Breakers that refuse calls, over all processes. See the runbook BreakerOpen.',
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

import type { Row } from '../lib/dashboard.ts';
import { graph, states } from '../lib/panels.ts';
import { of, orNone, prom, rate } from '../lib/prometheus.ts';

export const protection: Row = {
  title: 'Breakers, cache and events',
  panels: [
    states(
      {
        title: 'Breakers',
        description: 'The worst state of all processes. queueService guards Redis, concertService MariaDB.',
        unit: 'short',
      },
      {
        0: { text: 'closed', color: 'green' },
        1: { text: 'half open', color: 'yellow' },
        2: { text: 'open', color: 'red' },
      },
      prom(
        `max by (breaker) (${of('concert_breaker_state', 'state="open"')} * 2) > 0 or max by (breaker) (${of('concert_breaker_state', 'state="half_open"')})`,
        '{{breaker}}',
      ),
    ),
    graph(
      {
        title: 'Calls through breakers',
        description:
          'By outcome; refused: without a try, since the breaker is open. ignored: a business answer.',
        unit: 'cps',
      },
      prom(`sum by (breaker, outcome) (${rate('concert_breaker_calls_total')})`, '{{breaker}} {{outcome}}'),
    ),
    graph(
      {
        title: 'Cache hits',
        description:
          'Share of list reads answered without the database; one that shares another’s load counts as a hit.',
        unit: 'percentunit',
        max: 1,
      },
      prom(
        `sum by (cache) (${rate('concert_cache_reads_total', 'result!="miss"')}) / sum by (cache) (${rate('concert_cache_reads_total')})`,
        '{{cache}}',
      ),
    ),
    graph(
      {
        title: 'Outbox',
        description: 'Events committed and not yet delivered (OutboxBacklog above 1,000).',
        unit: 'short',
        bad: 1000,
      },
      prom(`max(${of('concert_outbox_backlog')})`, 'events'),
    ),
    graph(
      {
        title: 'Oldest event',
        description: 'Age of the oldest event not yet delivered (OutboxOldestEventAge above a minute).',
        unit: 's',
        bad: 60,
      },
      prom(`max(${of('concert_outbox_oldest_age_seconds')})`, 'age'),
    ),
    graph(
      {
        title: 'Events',
        description:
          'By topic and what became of them. dlq, given_up: a notification that could not be made.',
        unit: 'cps',
      },
      prom(orNone(`sum by (topic, result) (${rate('concert_events_total')})`), '{{topic}} {{result}}'),
    ),
  ],
};

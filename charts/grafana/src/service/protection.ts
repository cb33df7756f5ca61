import type { Row } from '../lib/dashboard.ts';
import { graph, states } from '../lib/panels.ts';
import { of, orNone, prom, rate } from '../lib/prometheus.ts';

export const protection: Row = {
  title: 'Breakers, cache and events',
  panels: [
    states(
      {
        title: 'Breakers',
        description: 'The worst state of all processes. queueService protects Redis, concertService protects MariaDB.',
        unit: 'short',
      },
      {
        0: { text: 'closed', color: 'green' },
        1: { text: 'half open', color: 'yellow' },
        2: { text: 'open', color: 'red' },
      },
      prom(
        `clamp_max(max by (breaker) (${of('concert_breaker_state', 'state="open"')}), 1) * 2 > 0 or clamp_max(max by (breaker) (${of('concert_breaker_state', 'state="half_open"')}), 1)`,
        '{{breaker}}',
      ),
    ),
    graph(
      {
        title: 'Calls through breakers',
        description:
          'Calls by outcome. “refused” was not tried because the breaker is open; “ignored” is a business answer.',
        unit: 'cps',
      },
      prom(`sum by (breaker, outcome) (${rate('concert_breaker_calls_total')})`, '{{breaker}} {{outcome}}'),
    ),
    graph(
      {
        title: 'Cache hits',
        description:
          'Share of list reads that were answered without the database. A read that shares the load of another one counts as a hit.',
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
        description: 'Events that are committed and not yet delivered. The alert OutboxBacklog fires above 1,000.',
        unit: 'short',
        bad: 1000,
      },
      prom(`max(${of('concert_outbox_backlog')})`, 'events'),
    ),
    graph(
      {
        title: 'Oldest event',
        description: 'Age of the oldest event that is not yet delivered. The alert OutboxOldestEventAge fires above one minute.',
        unit: 's',
        bad: 60,
      },
      prom(`max(${of('concert_outbox_oldest_age_seconds')})`, 'age'),
    ),
    graph(
      {
        title: 'Events',
        description:
          'Events by topic and result. “dlq” and “given_up” count notifications that failed.',
        unit: 'cps',
      },
      prom(orNone(`sum by (topic, result) (${rate('concert_events_total')})`), '{{topic}} {{result}}'),
    ),
  ],
};

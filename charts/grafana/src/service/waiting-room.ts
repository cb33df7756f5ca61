import type { Row } from '../lib/dashboard.ts';
import { graph } from '../lib/panels.ts';
import { of, orNone, prom, quantile, rate } from '../lib/prometheus.ts';

export const waitingRoom: Row = {
  title: 'Waiting room',
  panels: [
    graph(
      {
        title: 'Arrivals and admissions',
        description:
          'Token requests by the status of their answer, and admissions. The queue grows while there are more requests than admissions.',
        unit: 'cps',
      },
      prom(`sum by (status) (${rate('concert_queue_tokens_issued_total')})`, 'requested: {{status}}'),
      prom(`sum(${rate('concert_queue_admissions_total')})`, 'admitted'),
    ),
    graph(
      { title: 'Waiting', description: 'Users who wait and are present, by queue.', unit: 'short' },
      prom(`max by (queue) (${of('concert_queue_waiting')})`, '{{queue}}'),
    ),
    graph(
      {
        title: 'Active vs. limit',
        description: 'Active users and their limit. Below the limit while users wait for a minute: QueueStalled.',
        unit: 'short',
      },
      prom(`max by (queue) (${of('concert_queue_active')})`, '{{queue}} active'),
      prom(`max by (queue) (${of('concert_queue_active_limit')})`, '{{queue}} limit'),
    ),
    graph(
      {
        title: 'Admissions allowed',
        description:
          'The admission rate limit next to the actual rate, and 1 while an operator has paused admission. A fixed limit has no rate limit.',
        unit: 'cps',
      },
      prom(orNone(`max by (queue) (${of('concert_queue_admission_rate_limit')})`), '{{queue}} at most'),
      prom(`sum by (queue) (${rate('concert_queue_admissions_total')})`, '{{queue}} admitted'),
      prom(`max by (queue) (${of('concert_queue_paused')})`, '{{queue}} paused'),
    ),
    graph(
      {
        title: 'Admission controller',
        description:
          'The last decision of the controller, the signal closest to its limit (“demand”: the limit keeps no user waiting), the source of the limits, and commands of operators.',
        unit: 'short',
      },
      prom(orNone(`max by (action) (${of('concert_queue_controller_action')}) > 0`), '{{action}}'),
      prom(orNone(`max by (signal) (${of('concert_queue_controller_bottleneck')}) > 0`), '{{signal}}'),
      prom(`max by (source) (${of('concert_queue_limit_source')}) > 0`, 'by {{source}}'),
      prom(orNone(`sum by (command) (${of('concert_queue_operator_commands_total')})`), 'operator: {{command}}'),
    ),
    graph(
      {
        title: 'Wait',
        description: 'Time from token to admission of the users who were admitted. The resolution is 0.25 s.',
        unit: 's',
      },
      ...[0.5, 0.95, 0.99].map((q) => prom(quantile(q, 'concert_queue_wait_seconds'), `p${q * 100}`)),
    ),
    graph(
      {
        title: 'ETA error',
        description:
          'Actual minus predicted wait (etaSeconds). Above zero users waited longer than predicted.',
        unit: 's',
        signed: true,
      },
      ...[0.05, 0.5, 0.95].map((q) => prom(quantile(q, 'concert_queue_eta_error_seconds'), `p${q * 100}`)),
    ),
    graph(
      {
        title: 'Sessions ended',
        description:
          'Sessions by the reason of their end: paid, idle, or past their deadline.',
        unit: 'cps',
      },
      prom(orNone(`sum by (reason) (${rate('concert_queue_sessions_ended_total')})`), '{{reason}}'),
    ),
    graph(
      {
        title: 'Event streams',
        description:
          'Open streams, and streams that were closed because the client did not read.',
        unit: 'short',
      },
      prom(`sum(${of('concert_queue_streams')})`, 'open'),
      prom(`sum(${rate('concert_queue_streams_dropped_total')})`, 'dropped per second'),
    ),
    graph(
      {
        title: 'Events pushed',
        description: 'Events sent on streams, by type.',
        unit: 'cps',
      },
      prom(orNone(`sum by (event) (${rate('concert_queue_stream_events_total')})`), '{{event}}'),
    ),
    graph(
      {
        title: 'Redis unavailable / state restored',
        description:
          'Requests that were checked against the snapshot because Redis was unavailable, and restores of the state of a queue (0 is normal).',
        unit: 'short',
      },
      prom(`sum(${rate('concert_queue_checks_from_snapshot_total')})`, 'from snapshot per second'),
      prom(orNone(`sum(${of('concert_queue_state_restores_total')})`), 'restored'),
    ),
  ],
};

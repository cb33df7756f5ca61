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
          'Token requests by the status they were answered with, and visitors let in. Above the line of admissions the crowd grows.',
        unit: 'cps',
      },
      prom(`sum by (status) (${rate('concert_queue_tokens_issued_total')})`, 'asked: {{status}}'),
      prom(`sum(${rate('concert_queue_admissions_total')})`, 'let in'),
    ),
    graph(
      { title: 'Waiting', description: 'People in line who are present, by line.', unit: 'short' },
      prom(`max by (queue) (${of('concert_queue_waiting')})`, '{{queue}}'),
    ),
    graph(
      {
        title: 'Active vs. limit',
        description: 'Below its cap while people wait for more than a moment: QueueStalled.',
        unit: 'short',
      },
      prom(`max by (queue) (${of('concert_queue_active')})`, '{{queue}} inside'),
      prom(`max by (queue) (${of('concert_queue_active_limit')})`, '{{queue}} cap'),
    ),
    graph(
      {
        title: 'Admissions allowed',
        description:
          'Most admissions a second beside those made, and 1 while the operator lets nobody in. No limit with a fixed cap.',
        unit: 'cps',
      },
      prom(orNone(`max by (queue) (${of('concert_queue_admission_rate_limit')})`), '{{queue}} at most'),
      prom(`sum by (queue) (${rate('concert_queue_admissions_total')})`, '{{queue}} let in'),
      prom(`max by (queue) (${of('concert_queue_paused')})`, '{{queue}} paused'),
    ),
    graph(
      {
        title: 'Admission controller',
        description:
          'The controller’s last decision and the signal closest to its limit (crowd: nobody is kept out by the door), who sets the door, and acts of the operator.',
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
        description: 'From token to admission, of those let in. Resolution 0.25 s.',
        unit: 's',
      },
      ...[0.5, 0.95, 0.99].map((q) => prom(quantile(q, 'concert_queue_wait_seconds'), `p${q * 100}`)),
    ),
    graph(
      {
        title: 'ETA error',
        description:
          'Real minus promised wait (etaSeconds): above zero people waited longer than they were told.',
        unit: 's',
        signed: true,
      },
      ...[0.05, 0.5, 0.95].map((q) => prom(quantile(q, 'concert_queue_eta_error_seconds'), `p${q * 100}`)),
    ),
    graph(
      {
        title: 'Sessions ended',
        description:
          'By why they ended: paid, idle, or at the end of the lease. None until the first visitor leaves.',
        unit: 'cps',
      },
      prom(orNone(`sum by (reason) (${rate('concert_queue_sessions_ended_total')})`), '{{reason}}'),
    ),
    graph(
      {
        title: 'Event streams',
        description:
          'Waiters who are told instead of polling, and streams cut because the client did not read.',
        unit: 'short',
      },
      prom(`sum(${of('concert_queue_streams')})`, 'open'),
      prom(`sum(${rate('concert_queue_streams_dropped_total')})`, 'cut a second'),
    ),
    graph(
      {
        title: 'Events pushed',
        description: 'By type. None unless somebody opened a stream.',
        unit: 'cps',
      },
      prom(orNone(`sum by (event) (${rate('concert_queue_stream_events_total')})`), '{{event}}'),
    ),
    graph(
      {
        title: 'Redis unavailable / state restored',
        description:
          'Writes let pass by the copy while Redis was away, and times a line was lost and restored (none is normal).',
        unit: 'short',
      },
      prom(`sum(${rate('concert_queue_checks_from_snapshot_total')})`, 'by copy a second'),
      prom(orNone(`sum(${of('concert_queue_state_restores_total')})`), 'restored'),
    ),
  ],
};

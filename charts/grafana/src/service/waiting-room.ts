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
      prom(`sum by (status) (${rate('queue_tokens_issued_total')})`, 'asked: {{status}}'),
      prom(`sum(${rate('queue_admitted_total')})`, 'let in'),
    ),
    graph(
      { title: 'Waiting', description: 'People in line who are present, by line.', unit: 'short' },
      prom(`max by (queue) (${of('queue_waiting')})`, '{{queue}}'),
    ),
    graph(
      {
        title: 'Inside against cap',
        description: 'Below its cap while people wait for more than a moment: QueueStalled.',
        unit: 'short',
      },
      prom(`max by (queue) (${of('queue_active')})`, '{{queue}} inside'),
      prom(`max by (queue) (${of('queue_cap')})`, '{{queue}} cap'),
    ),
    graph(
      {
        title: 'Admissions allowed',
        description:
          'Most admissions a second beside those made, and 1 while the operator lets nobody in. No limit with a fixed cap.',
        unit: 'cps',
      },
      prom(orNone(`max by (queue) (${of('queue_rate')})`), '{{queue}} at most'),
      prom(`sum by (queue) (${rate('queue_admitted_total')})`, '{{queue}} let in'),
      prom(`max by (queue) (${of('queue_paused')})`, '{{queue}} paused'),
    ),
    graph(
      {
        title: 'What the door follows',
        description:
          'The controller’s last decision and the signal closest to its limit (crowd: nobody is kept out by the door), who sets the door, and acts of the operator.',
        unit: 'short',
      },
      prom(orNone(`max by (move) (${of('queue_door_move')}) > 0`), '{{move}}'),
      prom(orNone(`max by (signal) (${of('queue_door_binding')}) > 0`), '{{signal}}'),
      prom(`max by (by) (${of('queue_door_by')}) > 0`, 'by {{by}}'),
      prom(orNone(`sum by (act) (${of('queue_hand_acts_total')})`), 'operator: {{act}}'),
    ),
    graph(
      {
        title: 'Wait',
        description: 'From token to admission, of those let in. Resolution 0.25 s.',
        unit: 's',
      },
      ...[0.5, 0.95, 0.99].map((q) => prom(quantile(q, 'queue_wait_seconds'), `p${q * 100}`)),
    ),
    graph(
      {
        title: 'Error of the promised wait',
        description:
          'Real minus promised wait (etaSeconds): above zero people waited longer than they were told.',
        unit: 's',
        signed: true,
      },
      ...[0.05, 0.5, 0.95].map((q) => prom(quantile(q, 'queue_eta_error_seconds'), `p${q * 100}`)),
    ),
    graph(
      {
        title: 'Places given on',
        description:
          'By why they ended: paid, idle, or at the end of the lease. None until the first visitor leaves.',
        unit: 'cps',
      },
      prom(orNone(`sum by (reason) (${rate('queue_places_ended_total')})`), '{{reason}}'),
    ),
    graph(
      {
        title: 'Event streams',
        description:
          'Waiters who are told instead of polling, and streams cut because the client did not read.',
        unit: 'short',
      },
      prom(`sum(${of('queue_event_streams')})`, 'open'),
      prom(`sum(${rate('queue_event_streams_dropped_total')})`, 'cut a second'),
    ),
    graph(
      {
        title: 'Events pushed',
        description: 'By type. None unless somebody opened a stream.',
        unit: 'cps',
      },
      prom(orNone(`sum by (event) (${rate('queue_events_sent_total')})`), '{{event}}'),
    ),
    graph(
      {
        title: 'Redis away or lost',
        description:
          'Writes let pass by the copy while Redis was away, and times a line was lost and restored (none is normal).',
        unit: 'short',
      },
      prom(`sum(${rate('queue_guards_by_copy_total')})`, 'by copy a second'),
      prom(orNone(`sum(${of('queue_restored_total')})`), 'restored'),
    ),
  ],
};

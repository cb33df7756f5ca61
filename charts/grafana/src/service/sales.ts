import type { Row } from '../lib/dashboard.ts';
import { graph } from '../lib/panels.ts';
import { of, orNone, prom, rate } from '../lib/prometheus.ts';

export const seatsAndMoney: Row = {
  title: 'Seats and money',
  panels: [
    graph(
      {
        title: 'Holds',
        description:
          'Hold requests by result; “refused” means that another user was faster. “expired” counts the holds that the expiry job released.',
        unit: 'cps',
      },
      prom(orNone(`sum by (result) (${rate('concert_seat_holds_total')})`), '{{result}}'),
      prom(`sum(${rate('concert_seat_holds_expired_total')})`, 'expired'),
    ),
    graph(
      {
        title: 'Tickets and top-ups',
        description: 'Seats paid for and balances topped up, per second.',
        unit: 'cps',
      },
      prom(`sum(${rate('concert_ticket_sales_total')})`, 'tickets'),
      prom(`sum(${rate('concert_balance_topups_total')})`, 'top-ups'),
    ),
    graph(
      { title: 'Revenue', description: 'Revenue from tickets, KRW per minute.', unit: 'currencyKRW' },
      prom(`sum(${rate('concert_ticket_revenue_krw_total')}) * 60`, 'per minute'),
    ),
    graph(
      {
        title: 'Hold expiry',
        description: 'How late the oldest expired hold was released in the tables. The seat itself can be reserved on time.',
        unit: 's',
        bad: 5,
      },
      prom(`max(${of('concert_hold_expiry_lag_seconds')})`, 'late by'),
    ),
    graph(
      {
        title: 'Idempotent replays',
        description: 'Requests that were answered with the stored result of their Idempotency-Key, because the client retried.',
        unit: 'cps',
      },
      prom(`sum(${rate('concert_idempotent_replays_total')})`, 'replays'),
    ),
    graph(
      {
        title: 'Conversion',
        description: 'Tickets sold per admitted user, over five minutes.',
        unit: 'percentunit',
      },
      prom(
        `sum(increase(${of('concert_ticket_sales_total')}[5m])) / (sum(increase(${of('concert_queue_admissions_total')}[5m])) > 0)`,
        'sold per admission',
      ),
    ),
  ],
};

export const invariantChecks: Row = {
  title: 'Invariant checks',
  panels: [
    graph(
      {
        title: 'Invariant violations',
        description:
          'Rows that break an invariant: I1 a seat sold twice, I2 balance and ledger differ, … Any value but 0 is an incident.',
        unit: 'short',
        bad: 1,
      },
      prom(`max by (invariant) (${of('concert_invariant_violations')})`, '{{invariant}}'),
    ),
    graph(
      {
        title: 'Age of the last check',
        description: 'Above two minutes no worker checks the invariants (InvariantCheckStale).',
        unit: 's',
        bad: 120,
      },
      prom(`time() - max(${of('concert_invariant_checked_timestamp_seconds')})`, 'age'),
    ),
    graph(
      { title: 'Cost of a check', description: 'How long the last check of all invariants took.', unit: 's' },
      prom(`max(${of('concert_invariant_check_duration_seconds')})`, 'duration'),
    ),
    graph(
      {
        title: 'Unchecked chunks',
        description:
          'Chunks of tables whose check was too slow or failed (InvariantCheckSlow). All others are checked; these are retried.',
        unit: 'short',
        bad: 1,
      },
      prom(`max(${of('concert_invariant_unchecked_chunks')})`, 'unchecked'),
    ),
  ],
};

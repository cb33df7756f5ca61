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
          'Asked for, by result; refused: somebody else was quicker. Passed: tidied up by the sweeper.',
        unit: 'cps',
      },
      prom(orNone(`sum by (result) (${rate('concert_seat_holds_total')})`), '{{result}}'),
      prom(`sum(${rate('concert_seat_holds_expired_total')})`, 'passed'),
    ),
    graph(
      {
        title: 'Tickets and charges',
        description: 'Seats paid for, and balances charged, a second.',
        unit: 'cps',
      },
      prom(`sum(${rate('concert_ticket_sales_total')})`, 'tickets'),
      prom(`sum(${rate('concert_balance_topups_total')})`, 'charges'),
    ),
    graph(
      { title: 'Revenue', description: 'Money taken for seats, won a minute.', unit: 'currencyKRW' },
      prom(`sum(${rate('concert_ticket_revenue_krw_total')}) * 60`, 'a minute'),
    ),
    graph(
      {
        title: 'Sweeper',
        description: 'How late the oldest passed hold was tidied up. Seats are free on time all the same.',
        unit: 's',
        bad: 5,
      },
      prom(`max(${of('concert_hold_expiry_lag_seconds')})`, 'late by'),
    ),
    graph(
      {
        title: 'Idempotent replays',
        description: 'Requests answered from the memory of their key: clients that tried again.',
        unit: 'cps',
      },
      prom(`sum(${rate('concert_idempotent_replays_total')})`, 'replays'),
    ),
    graph(
      {
        title: 'Conversion',
        description: 'Tickets sold per visitor let in, over five minutes.',
        unit: 'percentunit',
      },
      prom(
        `sum(increase(${of('concert_ticket_sales_total')}[5m])) / (sum(increase(${of('concert_queue_admissions_total')}[5m])) > 0)`,
        'sold per visitor',
      ),
    ),
  ],
};

export const oversellWatch: Row = {
  title: 'Invariant checks',
  panels: [
    graph(
      {
        title: 'Invariant violations',
        description:
          'Rows that break an invariant: I1 a seat sold twice, I2 balance and ledger differ, … Anything but 0 is an alarm.',
        unit: 'short',
        bad: 1,
      },
      prom(`max by (invariant) (${of('concert_invariant_violations')})`, '{{invariant}}'),
    ),
    graph(
      {
        title: 'Age of the last check',
        description: 'Older than two minutes: nobody watches (InvariantCheckStale).',
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
          'Chunks of tables that were too slow to be checked, or whose check failed (InvariantCheckSlow). All others are checked; these are tried again.',
        unit: 'short',
        bad: 1,
      },
      prom(`max(${of('concert_invariant_unchecked_chunks')})`, 'unchecked'),
    ),
  ],
};

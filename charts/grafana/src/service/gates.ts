import type { Row } from '../lib/dashboard.ts';
import { graph } from '../lib/panels.ts';
import { of, orNone, prom, quantile, rate } from '../lib/prometheus.ts';

export const gates: Row = {
  title: 'Gates before the queue',
  panels: [
    graph(
      {
        title: 'Proofs',
        description:
          'Proofs that were sent for a token, by what became of them. “let_through” could not be verified and passed (TOKEN_TURNSTILE_ON_FAILURE=open); “unavailable” could not be verified and was answered 503. Nothing without a gate.',
        unit: 'cps',
      },
      prom(orNone(`sum by (result) (${rate('concert_queue_gate_checks_total')})`), '{{result}}'),
    ),
    graph(
      {
        title: 'Proofs refused',
        description: 'Share of the proofs that were wrong, too old or spent. It rises when bots try, and after a change of keys.',
        unit: 'percentunit',
        max: 1,
      },
      prom(
        orNone(
          `sum(${rate('concert_queue_gate_checks_total', 'result=~"refused|spent"')}) / sum(${rate('concert_queue_gate_checks_total')})`,
        ),
        'refused',
      ),
    ),
    graph(
      {
        title: 'Difficulty of the proof of work',
        description: 'Zero bits that new challenges demand: one more doubles what a token costs. 0: the gate is another one.',
        unit: 'short',
      },
      prom(`max(${of('concert_queue_proof_of_work_bits')})`, 'bits'),
    ),
    graph(
      {
        title: 'Time of a check',
        description: 'From the request until the proof is verified, its wait for a turn included.',
        unit: 's',
      },
      ...[0.5, 0.99].map((q) =>
        prom(orNone(quantile(q, 'concert_queue_gate_check_duration_seconds')), `p${q * 100}`),
      ),
    ),
  ],
};

import { Lifecycle, scoped } from 'tsyringe';
import { Metrics, MetricGroup } from '../../../../platform/observability/metrics';

/** Metrics of the gate. */
@scoped(Lifecycle.ContainerScoped)
export class GateMetrics extends MetricGroup {
  readonly checks = this.counter(
    'concert_queue_gate_checks_total',
    'Proofs that were sent for a token, by what became of them',
    ['result'],
  );
  readonly duration = this.latency(
    'concert_queue_gate_check_duration_seconds',
    'Time that the check of a proof took, its wait for a turn included',
  );
  private bits = (): number => 0;

  constructor(metrics: Metrics) {
    super(metrics);
    const help = 'Difficulty of the proof of work for new challenges; 0: none is required';
    this.observedGauge({ name: 'concert_queue_proof_of_work_bits', help, aggregator: 'average' }, (gauge) =>
      gauge.set(this.bits()),
    );
  }

  /** @param bits read at each scrape */
  observeBits(bits: () => number): void {
    this.bits = bits;
  }
}

import { isRefusal } from '../../../../common/errors';
import { monotonicMs } from '../../../../common/clock';
import type { LatencySeries } from '../../../../platform/observability/latency-histogram';
import type { SpentProof } from '../../state/results';
import type { Gate, GateRequest } from './gate';
import type { GateMetrics } from './metrics';
import { ProofOfWork } from './proof-of-work';

export type GateName = Gate['name'] | 'none';

/** The gate in front of token issue, if the configuration has one, and what it counts. */
export class TokenGate {
  private readonly duration: LatencySeries;

  constructor(
    private readonly gate: Gate | undefined,
    private readonly metrics: GateMetrics,
  ) {
    this.duration = metrics.duration.labels({});
    const work = this.proofOfWork;
    if (work !== undefined) metrics.observeBits(() => work.bits);
  }

  /** The gate, if it is one. */
  get proofOfWork(): ProofOfWork | undefined {
    return this.gate instanceof ProofOfWork ? this.gate : undefined;
  }

  get name(): GateName {
    return this.gate?.name ?? 'none';
  }

  /** @returns what is to be spent; undefined: a token is free. @throws what the gate throws */
  async verify(request: GateRequest): Promise<SpentProof | undefined> {
    if (this.gate === undefined) return undefined;
    const sinceMs = monotonicMs();
    try {
      const { proof, isVerified } = await this.gate.verify(request);
      this.metrics.checks.inc({ result: isVerified ? 'passed' : 'let_through' });
      return proof;
    } catch (error) {
      this.metrics.checks.inc({ result: isRefusal(error) ? 'refused' : 'unavailable' });
      throw error;
    } finally {
      this.duration.observe((monotonicMs() - sinceMs) / 1000);
    }
  }

  /** Counts a valid proof that had been spent before. */
  countSpent(): void {
    this.metrics.checks.inc({ result: 'spent' });
  }

  /** A test user of a rehearsal has come by its pass. */
  countRehearsed(): void {
    this.metrics.checks.inc({ result: 'rehearsed' });
  }
}

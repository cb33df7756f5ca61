import { randomUUID } from 'node:crypto';
import type { Logger } from '../../../platform/observability/logger';
import type { AdmissionStore } from '../state/admission-store';
import type { StateLost } from '../state/results';
import { decide } from './controller/controller';
import type { ControllerBounds, ControllerState, Decision, Occupancy } from './controller/decision';
import { newControllerState } from './controller/estimates';
import { INACTIVE_SECONDS } from './controller/tuning';
import { emptySignals, mergeSignals, type Signals } from './signals';

/** A little less than a second, so that a task that is late by some milliseconds does not skip a turn. */
const TIMES = { everyMs: 950, freshMs: 3000, inactiveMs: INACTIVE_SECONDS * 1000 };

/** What is kept in Redis from one decision to the next. */
interface Kept {
  state: ControllerState;
  admittedTotal: number;
  action: string;
  /** The window that it would begin with; undefined: kept by a version that did not say so. */
  start?: number;
}

/** One process' part in the admission control of one queue: it reports its signals, and decides when it is its turn. */
export class AdmissionCoordinator {
  private readonly processId = randomUUID();

  constructor(
    private readonly store: AdmissionStore,
    private readonly queueId: string,
    private readonly policy: { bounds: ControllerBounds },
    private readonly logger: Logger,
  ) {}

  async report(signals: Signals, waiting: number, known: number): Promise<StateLost | undefined> {
    const turn = await this.store.reportLoad(this.processId, JSON.stringify(signals), TIMES, known);
    if (turn === undefined || turn === 'state-lost') return turn;
    const { active, inactive, admittedTotal } = turn;
    const kept = readKept(turn.controllerState);
    const admitted = Math.max(0, admittedTotal - (kept?.admittedTotal ?? admittedTotal));
    const start = this.startOf(kept, active + waiting === 0);
    const usable = start === kept?.start || kept?.start === undefined ? kept : undefined;
    const decision = this.decide(usable, turn.reports, { waiting, active, inactive, admitted });
    const { limit, action, bottleneck, state } = decision;
    const rate = Math.round(decision.rate * 10) / 10;
    const controllerState = JSON.stringify({ state, admittedTotal, action, start } satisfies Kept);
    const lastDecision = `${action}:${bottleneck}`;
    const applied = { limit, rate, lastDecision, controllerState };
    const isInForce = await this.store.applyDecision(turn, applied, known);
    if (isInForce === 'state-lost') return isInForce;
    if (isInForce && action !== kept?.action) {
      const fields = { queue: this.queueId, action, bottleneck, limit, rate, active, waiting };
      this.logger.info(fields, 'admission limit changed');
    }
    return undefined;
  }

  /** When another start is known, as after a rehearsal, the controller begins with it as soon as the queue is empty. */
  private startOf(kept: Kept | undefined, isEmpty: boolean): number {
    const { start } = this.policy.bounds;
    return isEmpty ? start : (kept?.start ?? start);
  }

  /** Reports and state may come from processes of another version: what is missing takes its default. */
  private decide(kept: Kept | undefined, reports: string[], occupancy: Occupancy): Decision {
    const { bounds } = this.policy;
    const before = { ...newControllerState(bounds), ...kept?.state };
    const signals = reports.map((report) => ({
      ...emptySignals(),
      ...(JSON.parse(report) as Partial<Signals>),
    }));
    const merged = signals.length > 0 ? mergeSignals(signals) : undefined;
    return decide(before, merged, occupancy, bounds);
  }
}

function readKept(text: string | undefined): Kept | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Kept);
}

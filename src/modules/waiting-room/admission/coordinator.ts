import { randomUUID } from 'node:crypto';
import type { Logger } from '../../../platform/observability/logger';
import {
  decide,
  type ControllerBounds,
  type ControllerState,
  newControllerState,
  INACTIVE_SECONDS,
} from './controller';
import { mergeSignals, type Signals, emptySignals } from './signals';
import type { AdmissionStore } from '../state/admission-store';
import { LOST } from '../state/replies';

/** A little less than a second: a loop that is late by some milliseconds must not skip a turn. */
const TIMES = { everyMs: 950, freshMs: 3000, quietMs: INACTIVE_SECONDS * 1000 };

interface Kept {
  state: ControllerState;
  admittedTotal: number;
  action: string;
}

/** One process' part in steering one queue's door: it reports, and decides when it is its turn. */
export class AdmissionCoordinator {
  private readonly process = randomUUID();

  constructor(
    private readonly store: AdmissionStore,
    private readonly queueId: string,
    private readonly limits: ControllerBounds,
    private readonly logger: Logger,
  ) {}

  /** @returns LOST when the state must be restored first */
  async report(signals: Signals, waiting: number, known: number): Promise<typeof LOST | undefined> {
    const turn = await this.store.reportLoad(this.process, JSON.stringify(signals), TIMES, known);
    if (turn === undefined || turn === LOST) return turn;
    const { active, inactive, admittedTotal } = turn;
    const kept = readKept(turn.controllerState);
    const admitted = Math.max(0, admittedTotal - (kept?.admittedTotal ?? admittedTotal));
    const heard = turn.reports.map((report) => ({
      ...emptySignals(),
      ...(JSON.parse(report) as Partial<Signals>),
    }));
    const decision = decide(
      { ...newControllerState(this.limits), ...kept?.state }, // whose process may be of another version
      heard.length > 0 ? mergeSignals(heard) : undefined,
      { waiting, active, inactive, admitted },
      this.limits,
    );
    const { limit, action, bottleneck } = decision;
    const rate = Math.round(decision.rate * 10) / 10;
    const memory = JSON.stringify({ state: decision.state, admittedTotal, action } satisfies Kept);
    const isInForce = await this.store.applyDecision(
      turn,
      { cap: limit, rate, said: `${action}:${bottleneck}`, memory },
      known,
    );
    if (isInForce === LOST) return LOST;
    if (isInForce && action !== kept?.action)
      this.logger.info(
        { queue: this.queueId, action, bottleneck, limit, rate, active, waiting },
        'admission limit changed',
      );
    return undefined;
  }
}

function readKept(text: string | undefined): Kept | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Kept);
}

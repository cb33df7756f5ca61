import type { Logger } from '../../../platform/observability/logger';
import type { WaitingRoomMetrics } from '../metrics';
import { observeTick } from '../queue-metrics';
import type { StateRecovery } from '../recovery/recovery';
import type { Snapshot } from '../snapshot/snapshot';
import type { OverrideReply } from '../state/admission-store';
import type { QueueStore } from '../state/store';
import { AdmissionCoordinator } from './coordinator';
import {
  AdaptiveLimit,
  type AdmissionPolicy,
  type EffectiveLimits,
  effectiveLimits,
  type OperatorCommand,
} from './policy';
import type { Signals } from './signals';

/** One queue's admission: the tick that admits, the controller's turn, the operator override. */
export class QueueAdmission {
  private readonly coordinator: AdmissionCoordinator | undefined;

  constructor(
    private readonly policy: AdmissionPolicy,
    private readonly snapshot: Snapshot,
    private readonly recovery: StateRecovery,
    private readonly deps: { store: QueueStore; metrics: WaitingRoomMetrics; logger: Logger },
  ) {
    const { store, logger } = deps;
    if (policy instanceof AdaptiveLimit)
      this.coordinator = new AdmissionCoordinator(store.admission, store.queueId, policy, logger);
  }

  /** What is in force, as of the snapshot. */
  get limits(): EffectiveLimits {
    return effectiveLimits(this.policy, this.snapshot.admission);
  }

  /** Ends what is past and admits the next entries. @returns whether there is more to do at once */
  async tick(): Promise<boolean> {
    const { store, metrics } = this.deps;
    const tick = await this.recovery.guardedBackground((known) =>
      store.admit(this.policy.scriptLimit, known),
    );
    observeTick(metrics, store.queueId, tick);
    return tick.more;
  }

  /** Reports this process' signals, and decides for all processes when it is its turn. */
  async coordinate(signals: Signals): Promise<void> {
    const { coordinator, snapshot } = this;
    if (coordinator === undefined) return;
    await this.recovery.background((known) => coordinator.report(signals, snapshot.waiting, known));
  }

  /** Sets or removes the operator override. @param expected tags of those of which the operator has seen one; undefined: any */
  async applyOverride(command: OperatorCommand, value: number, expected?: string[]): Promise<OverrideReply> {
    const { store, metrics, logger } = this.deps;
    const reply = await this.recovery.background((known) =>
      store.admission.setOverride(command, value, known, expected),
    );
    if (reply.outcome !== 'DONE') return reply;
    metrics.queueOperatorCommands.inc({ queue: store.queueId, command });
    const fields = { queue: store.queueId, command, ...(value > 0 && { value }) };
    logger.warn(fields, 'operator override set');
    return reply;
  }
}

import { Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../../common/errors';
import { ChangedMeanwhile } from '../errors';
import { WaitingRoomRegistry } from '../registry';
import type { WaitingRoom } from '../waiting-room';
import { type Override, overrideOf, tagOf } from './override';
import type { OperatorCommand } from './policy';

/** A queue's admission as of this process' snapshot. */
export interface AdmissionStatus {
  queueId: string;
  activeLimit: number;
  /** Admissions a second; null: no limit. */
  admissionRateLimit: number | null;
  paused: boolean;
  source: 'operator' | 'auto' | 'fixed';
  active: number;
  waiting: number;
  /** `<action>:<bottleneck>` of the controller's last decision; null: it has not decided. */
  lastDecision: string | null;
  /** Names the operator override by its content. */
  overrideTag: string;
}

/** Effect of a command: the override before it, the admission after it. */
export interface ExecutedCommand {
  isChange: boolean;
  before: OverrideView;
  status: AdmissionStatus;
}

export interface OverrideView {
  /** In force, as of this process' snapshot. */
  activeLimit: number;
  limit: number | null;
  rate: number | null;
  paused: boolean;
}

/** Shows and overrides the admission of all queues. */
@scoped(Lifecycle.ContainerScoped)
export class AdmissionOperatorService {
  constructor(private readonly rooms: WaitingRoomRegistry) {}

  status(): AdmissionStatus[] {
    return this.rooms.all.map(statusOf);
  }

  /**
   * A command that changes nothing is done, so it may be repeated.
   * @param expected tags of overrides, of which the operator has seen one; undefined: any
   * @throws NotFound (404), ChangedMeanwhile (412), RedisUnavailable (503)
   */
  async execute(
    queueId: string,
    command: OperatorCommand,
    value: number,
    expected?: string[],
  ): Promise<ExecutedCommand> {
    const room = this.rooms.find(queueId);
    if (room === undefined) throw new NotFound(`Queue ${queueId}`);
    const { activeLimit } = room.limits;
    const { outcome, before } = await room.applyOverride(command, value, expected);
    if (outcome === 'CHANGED') throw new ChangedMeanwhile(`The override of queue ${queueId}`);
    return {
      isChange: outcome === 'DONE',
      before: { activeLimit, ...viewOf(before) },
      status: statusOf(room),
    };
  }
}

const viewOf = ({ limit, rate, paused }: Override): Omit<OverrideView, 'activeLimit'> => ({
  limit: limit ?? null,
  rate: rate ?? null,
  paused,
});

function statusOf({ queueId, limits, snapshot }: WaitingRoom): AdmissionStatus {
  const { activeLimit, rateLimit, paused, source } = limits;
  const { active, waiting, admission } = snapshot;
  return {
    queueId,
    activeLimit,
    admissionRateLimit: rateLimit ?? null,
    paused,
    source,
    active,
    waiting,
    lastDecision: admission.lastDecision ?? null,
    overrideTag: tagOf(overrideOf(admission)),
  };
}

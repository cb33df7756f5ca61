import { Lifecycle, scoped } from 'tsyringe';
import { z } from 'zod';
import { NotFound } from '../../../common/errors';
import { WaitingRoomRegistry } from '../registry';
import type { WaitingRoom } from '../waiting-room';

/** What an operator may do to a queue's admission; `auto` removes the override of limit and rate. */
export const AdmissionCommand = z.discriminatedUnion('command', [
  z.strictObject({ command: z.enum(['pause', 'resume', 'auto']) }),
  z.strictObject({ command: z.enum(['limit', 'rate']), value: z.int().min(1).max(999_999_999) }),
]);
export type AdmissionCommand = z.infer<typeof AdmissionCommand>;

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
}

/** Shows and overrides the admission of all queues. */
@scoped(Lifecycle.ContainerScoped)
export class AdmissionOperatorService {
  constructor(private readonly rooms: WaitingRoomRegistry) {}

  status(): AdmissionStatus[] {
    return this.rooms.all.map(statusOf);
  }

  /** @throws NotFound (404), RedisUnavailable (503) */
  async execute(queueId: string, command: AdmissionCommand): Promise<AdmissionStatus> {
    const room = this.rooms.find(queueId);
    if (room === undefined) throw new NotFound(`Queue ${queueId}`);
    await room.applyOverride(command.command, 'value' in command ? command.value : 0);
    return statusOf(room);
  }
}

function statusOf({ queueId, limits, snapshot }: WaitingRoom): AdmissionStatus {
  const { activeLimit, rateLimit, paused, source } = limits;
  const { active, waiting } = snapshot;
  return {
    ...{ queueId, activeLimit, admissionRateLimit: rateLimit ?? null, paused, source, active, waiting },
    lastDecision: snapshot.admission.lastDecision ?? null,
  };
}

import { Lifecycle, scoped } from 'tsyringe';
import { z } from 'zod';
import { NotFound } from '../../../common/errors';
import { WaitingRoomRegistry } from '../registry';
import type { WaitingRoom } from '../waiting-room';

/** What the operator may do to a line's door; `auto` takes the hand off cap and rate. */
export const AdmissionCommand = z.discriminatedUnion('command', [
  z.strictObject({ command: z.enum(['pause', 'resume', 'auto']) }),
  z.strictObject({ command: z.enum(['limit', 'rate']), value: z.int().min(1).max(999_999_999) }),
]);
export type AdmissionCommand = z.infer<typeof AdmissionCommand>;

/** A line's door as this process knows it, not older than its snapshot. */
export interface AdmissionStatus {
  queueId: string;
  activeLimit: number;
  /** Admissions a second; null: no limit. */
  admissionRateLimit: number | null;
  paused: boolean;
  source: 'operator' | 'auto' | 'fixed';
  active: number;
  waiting: number;
  /** `<move>:<binding signal>` of the controller's last decision; null: it has not decided. */
  lastDecision: string | null;
}

/** The operator's hand on the doors. */
@scoped(Lifecycle.ContainerScoped)
export class AdmissionOperatorService {
  constructor(private readonly rooms: WaitingRoomRegistry) {}

  status(): AdmissionStatus[] {
    return this.rooms.all.map(statusOf);
  }

  /** @throws NotFound (404), RedisUnavailable (503) */
  async execute(queueId: string, order: AdmissionCommand): Promise<AdmissionStatus> {
    const room = this.rooms.find(queueId);
    if (room === undefined) throw new NotFound(`Queue ${queueId}`);
    await room.applyOverride(order.command, 'value' in order ? order.value : 0);
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

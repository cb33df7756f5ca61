import { Lifecycle, scoped } from 'tsyringe';
import { z } from 'zod';
import { NotFound } from '../../errors';
import { WaitingRooms } from './rooms';
import type { WaitingRoom } from './waiting-room';

/** What the operator may do to a line's door; `auto` takes the hand off cap and rate. */
export const DoorAct = z.discriminatedUnion('act', [
  z.strictObject({ act: z.enum(['pause', 'resume', 'auto']) }),
  z.strictObject({ act: z.enum(['cap', 'rate']), value: z.int().min(1).max(999_999_999) }),
]);
export type DoorAct = z.infer<typeof DoorAct>;

/** A line's door as this process knows it, not older than its snapshot. */
export interface DoorStatus {
  queueId: string;
  cap: number;
  /** Admissions a second; null: no limit. */
  rate: number | null;
  paused: boolean;
  by: 'hand' | 'auto' | 'fixed';
  inside: number;
  waiting: number;
  /** `<move>:<binding signal>` of the controller's last decision; null: it has not decided. */
  decision: string | null;
}

/** The operator's hand on the doors. */
@scoped(Lifecycle.ContainerScoped)
export class Doors {
  constructor(private readonly rooms: WaitingRooms) {}

  status(): DoorStatus[] {
    return this.rooms.all.map(statusOf);
  }

  /** @throws NotFound (404), RedisUnavailable (503) */
  async operate(queueId: string, order: DoorAct): Promise<DoorStatus> {
    const room = this.rooms.find(queueId);
    if (room === undefined) throw new NotFound(`Queue ${queueId}`);
    await room.operate(order.act, 'value' in order ? order.value : 0);
    return statusOf(room);
  }
}

function statusOf({ queueId, door, snapshot }: WaitingRoom): DoorStatus {
  const { cap, rate, paused, by } = door;
  const { inside, waiting } = snapshot;
  return {
    ...{ queueId, cap, rate: rate ?? null, paused, by, inside, waiting },
    decision: snapshot.door.said ?? null,
  };
}

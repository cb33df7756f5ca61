import { Lifecycle, scoped } from 'tsyringe';
import { QueueRepository } from './repository';
import { WaitingRoomRegistry } from '../registry';
import type { WaitingRoom } from '../waiting-room';

/** Most sessions that one turn asks the database about: 10 statements, some ms. */
const SESSIONS_A_TURN = 5000;

/**
 * Brings sessions in line with what is committed: a process may die, or Redis be away, between a COMMIT and what must
 * follow it. Ends the sessions that have paid and prolongs those that hold a seat. It remembers nothing that matters:
 * each turn compares who is inside with the rows, so any number of workers may do it and a restart forgets nothing.
 */
@scoped(Lifecycle.ContainerScoped)
export class SessionReconciler {
  private next = new Map<WaitingRoom, number>();
  /** Holds that have been told, while they last: `generation of the queue:reservation`. */
  private told = new Set<string>();

  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly repository: QueueRepository,
  ) {}

  async turn(): Promise<void> {
    for (const room of this.rooms.all) await this.endPaid(room);
    await this.prolongHolders();
  }

  private async endPaid(room: WaitingRoom): Promise<void> {
    const inside = room.snapshot.activeSeqs();
    const from = this.next.get(room) ?? 0;
    const some = inside.slice(from, from + SESSIONS_A_TURN);
    this.next.set(room, from + SESSIONS_A_TURN < inside.length ? from + SESSIONS_A_TURN : 0);
    for (const { gen, seq } of await this.repository.paidAmong(room.queueId, some))
      if (room.isOfLife(gen)) await room.endSession(seq);
  }

  private async prolongHolders(): Promise<void> {
    const told = new Set<string>();
    for await (const holds of this.repository.liveHolds())
      for (const { reservationId, queueId, gen, seq, leftMs } of holds) {
        const room = this.rooms.find(queueId);
        if (room?.isOfLife(gen) !== true || !room.snapshot.hasSession(seq)) continue;
        const name = `${room.snapshot.gen}:${reservationId}`;
        if (!this.told.has(name)) await room.extendSession(seq, leftMs);
        told.add(name);
      }
    this.told = told;
  }
}

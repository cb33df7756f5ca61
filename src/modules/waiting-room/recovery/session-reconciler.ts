import { Lifecycle, scoped } from 'tsyringe';
import { forAll } from '../../../common/for-all';
import { WaitingRoomRegistry } from '../registry';
import { SessionRepository } from '../state/session-repository';
import type { WaitingRoom } from '../waiting-room';

/** Most sessions that are compared in one turn: 10 statements, some ms. */
const SESSIONS_PER_TURN = 5000;

/** A session that ends so much before its hold has lost time: Redis' clock was set forward since the hold was reported. */
const MAX_DIFFERENCE_MS = 1000;

/**
 * Brings sessions in line with committed rows: a process may die, or Redis be away, between a COMMIT and the call that
 * must follow it. It ends the sessions that have paid and prolongs those that hold a seat. Each turn compares the active
 * sessions with the rows and keeps nothing that matters, so any number of workers may do it and a restart loses nothing.
 */
@scoped(Lifecycle.ContainerScoped)
export class SessionReconciler {
  /** Cursor over a queue's active sessions: where the next turn continues. */
  private nextIndex = new Map<WaitingRoom, number>();
  /** Holds that Redis knows of, while they last: `generation of the queue:reservation:end`. An extension makes it another. */
  private reported = new Set<string>();

  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly repository: SessionRepository,
  ) {}

  async turn(): Promise<void> {
    await forAll(
      [...this.rooms.all.map((room) => () => this.endPaid(room)), () => this.prolongHolders()],
      (part) => part(),
    );
  }

  private async endPaid(room: WaitingRoom): Promise<void> {
    const active = room.snapshot.activeSeqs();
    const from = this.nextIndex.get(room) ?? 0;
    const to = from + SESSIONS_PER_TURN;
    this.nextIndex.set(room, to < active.length ? to : 0);
    for (const { gen, seq } of await this.repository.paidAmong(room.queueId, active.slice(from, to)))
      if (room.isOfHistory(gen)) await room.entries.endSession(seq);
  }

  private async prolongHolders(): Promise<void> {
    const reported = new Set<string>();
    /** The others go on; a queue that fails is tried again in the next turn. */
    const failed = new Map<WaitingRoom, unknown>();
    for await (const holds of this.repository.liveHolds())
      for (const { reservationId, queueId, gen, seq, leftMs, heldUntil } of holds) {
        const room = this.rooms.find(queueId);
        if (room?.isOfHistory(gen) !== true || !room.snapshot.hasSession(seq)) continue;
        const name = `${room.snapshot.gen}:${reservationId}:${heldUntil.getTime()}`;
        if (failed.has(room)) continue;
        const isShort = room.snapshot.leftMs(seq) < leftMs - MAX_DIFFERENCE_MS;
        try {
          if (isShort || !this.reported.has(name)) await room.entries.extendSession(seq, leftMs);
          reported.add(name);
        } catch (error) {
          failed.set(room, error);
        }
      }
    this.reported = reported;
    for (const error of failed.values()) throw error;
  }
}

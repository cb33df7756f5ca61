import { TokenNotIssuedByQueue } from './errors';
import type { EntryStatus } from './state/results';
import type { Claims } from './tokens/token';
import type { WaitingRoom } from './waiting-room';

/** All queues: the main one, and those of concerts that have their own (QUEUES). */
export class WaitingRoomRegistry {
  private readonly byId: Map<string, WaitingRoom>;

  constructor(
    readonly main: WaitingRoom,
    others: WaitingRoom[],
  ) {
    this.byId = new Map([main, ...others].map((room) => [room.queueId, room]));
  }

  get all(): WaitingRoom[] {
    return [...this.byId.values()];
  }

  /** New entries of all queues. */
  get issuesPerSecond(): number {
    return this.all.reduce((sum, room) => sum + room.issuesPerSecond, 0);
  }

  /** The queue of a token. @throws TokenNotIssuedByQueue (001) */
  roomOf({ queueId }: Claims): WaitingRoom {
    const room = this.find(queueId);
    if (room === undefined) throw new TokenNotIssuedByQueue();
    return room;
  }

  /** What Redis says of a token's entry. @throws TokenNotIssuedByQueue (001) */
  async resolve(claims: Claims, isToHold = false): Promise<EntryStatus> {
    const room = this.roomOf(claims);
    const resolved = await room.entries.resolve(room.entryOf(claims), isToHold);
    if (resolved === 'not-issued-here') throw new TokenNotIssuedByQueue();
    return resolved;
  }

  find(queueId: string): WaitingRoom | undefined {
    return this.byId.get(queueId);
  }
}

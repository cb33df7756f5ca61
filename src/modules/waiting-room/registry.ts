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

  find(queueId: string): WaitingRoom | undefined {
    return this.byId.get(queueId);
  }
}

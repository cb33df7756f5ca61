import { WaitingRoomRegistry } from '../../../src/modules/waiting-room/registry';
import { TokenCodec } from '../../../src/modules/waiting-room/tokens/token';
import type { Entry } from '../../../src/modules/waiting-room/state/entries/entry';
import type { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import type { RunningService } from '../../../src/service';
import { at } from '../at';
import { Buyer, outcome } from './buyer';
import { wait } from '../wait';

const FIRST_USER = 1_000_000_000;
const AT_ONCE = 100;

export const mainRoom = ({ container }: RunningService): WaitingRoom =>
  container.resolve(WaitingRoomRegistry).main;

/** Many waiting users of one queue, who poll all its processes in rotation. */
export class Crowd {
  readonly entries: Entry[] = [];
  private readonly rooms: WaitingRoom[];
  private polls = 0;

  constructor(private readonly services: (RunningService & { url: string })[]) {
    this.rooms = services.map(mainRoom);
  }

  /** Issues entries without HTTP, for speed. */
  async come(count: number): Promise<void> {
    for (let done = 0; done < count; done += AT_ONCE) {
      const issued = await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, i) =>
          at(this.rooms, i % this.rooms.length).entries.issue(FIRST_USER + this.entries.length + i),
        ),
      );
      this.entries.push(...issued.map(({ userId, seq, gen, iatMs }) => ({ userId, seq, gen, iatMs })));
    }
    this.entries.sort((a, b) => a.seq - b.seq);
  }

  /** Every user polls one snapshot once. @returns how many got a position from it */
  poll(): number {
    const room = at(this.rooms, this.polls++ % this.rooms.length);
    return this.entries.filter((entry) => room.poll(entry)?.status === 'WAITING').length;
  }

  /** One of the crowd as the API sees it; its user need not exist. */
  user(index: number): Buyer {
    const { container, url } = at(this.services, index % this.services.length);
    const room = at(this.rooms, 0);
    const entry = at(this.entries, index);
    const buyer = new Buyer(url, entry.userId);
    buyer.token = container.resolve(TokenCodec).sign({ queueId: room.queueId, ...entry }, room.tokenLifeMs);
    return buyer;
  }
}

/** Repeats something while the test runs, and keeps the results. */
export class Meanwhile<T> {
  readonly results: T[] = [];
  private readonly ended: Promise<void>;
  private isOver = false;

  constructor(everyMs: number, act: () => Promise<T> | T) {
    this.ended = (async () => {
      while (!this.isOver) {
        this.results.push(await act());
        await wait(everyMs);
      }
    })();
  }

  async stop(): Promise<T[]> {
    this.isOver = true;
    await this.ended;
    return this.results;
  }
}

/** What a check says: `200 WAITING`, or status and code. */
export async function checked(buyer: Buyer): Promise<string> {
  const answer = await buyer.check();
  const { data } = answer.body as { data: { status: string } | null };
  return data === null ? outcome(answer) : `${outcome(answer)} ${data.status}`;
}

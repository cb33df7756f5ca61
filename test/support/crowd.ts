import { WaitingRoomRegistry } from '../../src/modules/waiting-room/registry';
import { TokenCodec } from '../../src/modules/waiting-room/tokens/token';
import type { Entry } from '../../src/modules/waiting-room/state/entry';
import type { WaitingRoom } from '../../src/modules/waiting-room/waiting-room';
import type { RunningService } from '../../src/service';
import { at } from './at';
import { Buyer, outcome } from './buyer';
import { wait } from './wait';

const FIRST_USER = 1_000_000_000;
const AT_ONCE = 100;

export const mainRoom = ({ container }: RunningService): WaitingRoom =>
  container.resolve(WaitingRoomRegistry).main;

/** Many waiters with places of one queue, who poll all its processes in turn. */
export class Crowd {
  readonly places: Entry[] = [];
  private readonly rooms: WaitingRoom[];
  private polls = 0;

  constructor(private readonly services: (RunningService & { url: string })[]) {
    this.rooms = services.map(mainRoom);
  }

  /** Takes places without HTTP, for speed. */
  async come(count: number): Promise<void> {
    for (let done = 0; done < count; done += AT_ONCE) {
      const issued = await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, i) =>
          at(this.rooms, i % this.rooms.length).issue(FIRST_USER + this.places.length + i),
        ),
      );
      this.places.push(...issued.map(({ userId, seq, gen, iatMs }) => ({ userId, seq, gen, iatMs })));
    }
    this.places.sort((a, b) => a.seq - b.seq);
  }

  /** Everybody polls once; by the copy only. @returns how many waiters the copy could tell their position */
  poll(): number {
    const room = at(this.rooms, this.polls++ % this.rooms.length);
    return this.places.filter((place) => room.poll(place)?.status === 'WAITING').length;
  }

  /** One of the crowd as the API sees it; its user need not exist. */
  user(index: number): Buyer {
    const { container, url } = at(this.services, index % this.services.length);
    const room = at(this.rooms, 0);
    const place = at(this.places, index);
    const buyer = new Buyer(url, place.userId);
    buyer.token = container.resolve(TokenCodec).sign({ queueId: room.queueId, ...place }, room.tokenLifeMs);
    return buyer;
  }
}

/** Does something again and again, beside the test, and keeps what came of it. */
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

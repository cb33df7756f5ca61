import { setTimeout as sleep } from 'node:timers/promises';
import { between, type Random } from '../random.ts';
import { type RawAnswer, RawConnection } from '../workload/raw.ts';

const PAUSE_MS: [number, number] = [300, 900];

/** Some connections to each API process, which many users share: requests wait for a free one. */
export class Connections {
  private readonly free: RawConnection[];
  private readonly all: RawConnection[];
  private readonly waiting: ((connection: RawConnection) => void)[] = [];
  private readonly random: Random;

  /** @param each connections to each of `ports` */
  constructor(ports: number[], each: number, random: Random) {
    this.all = Array.from({ length: each }, () => ports.map((port) => new RawConnection(port))).flat();
    this.free = [...this.all];
    this.random = random;
  }

  /** One try. @returns status 0: no answer */
  async post(path: string, token: string, body: object | ''): Promise<RawAnswer> {
    const connection =
      this.free.shift() ?? (await new Promise<RawConnection>((resolve) => this.waiting.push(resolve)));
    try {
      return await connection.post(path, token, body === '' ? '' : JSON.stringify(body));
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free.push(connection);
      else next(connection);
    }
  }

  /** Sent again, to whichever process is next, until it is served or refused; undefined: `isOver` came first. */
  async untilAnswered(
    path: string,
    token: string,
    body: object | '',
    isOver: () => boolean,
  ): Promise<RawAnswer | undefined> {
    while (!isOver()) {
      const answer = await this.post(path, token, body);
      if (answer.status !== 0 && answer.status < 500 && answer.status !== 429) return answer;
      await sleep(between(this.random, ...PAUSE_MS));
    }
    return undefined;
  }

  close(): void {
    for (const connection of this.all) connection.close();
  }
}

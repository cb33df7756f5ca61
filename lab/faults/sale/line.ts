import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueStatusReport } from '../../../src/modules/waiting-room/status/schema.ts';
import type { Random } from '../random.ts';

const READ_EVERY_MS = 1000;
const TIMEOUT_MS = 2000;
const PATH = '/v1/api/queues/main/status';

export type Status = Pick<
  QueueStatusReport,
  'state' | 'headSeq' | 'issued' | 'firstGeneration' | 'pace' | 'waiting' | 'active'
>;

interface Waiter {
  seq: number;
  gen: number;
  presentAtMs: number;
  sayPresent: () => void;
  resolve: () => void;
}

/** Waiting users, as pages behind one cache: one read of the status a second serves all of them (docs/api.md). */
export class Line {
  status: Status | undefined;
  private readonly waiters = new Set<Waiter>();
  private readonly ports: number[];
  private readonly random: Random;
  private isOver = false;
  private reading: Promise<void> = Promise.resolve();

  constructor(ports: number[], random: Random) {
    this.ports = ports;
    this.random = random;
  }

  start(): void {
    this.reading = this.read();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.reading;
    for (const { resolve } of this.waiters) resolve();
    this.waiters.clear();
  }

  /** Resolves when the entry must ask where it stands: its turn has come, or the queue has another history or state. */
  untilTurn(seq: number, gen: number, sayPresent: () => void): Promise<void> {
    return new Promise((resolve) => {
      const waiter = { seq, gen, presentAtMs: performance.now(), sayPresent, resolve };
      this.pause(waiter);
      this.waiters.add(waiter);
    });
  }

  private pause(waiter: Waiter): void {
    const position = waiter.seq - (this.status?.headSeq ?? 0);
    const pace = this.status?.pace.findLast((one) => one.position <= position);
    waiter.presentAtMs =
      performance.now() + (pace?.presenceAfterMs ?? READ_EVERY_MS) * (0.9 + 0.2 * this.random());
  }

  private async read(): Promise<void> {
    for (let turn = 0; !this.isOver; turn++) {
      const fresh = await this.statusOf(this.ports[turn % this.ports.length] ?? 0);
      if (fresh !== undefined) this.status = fresh;
      this.look();
      await sleep(READ_EVERY_MS);
    }
  }

  private async statusOf(port: number): Promise<Status | undefined> {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}${PATH}`, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const { data } = (await answer.json()) as { data: Status };
      return answer.ok ? data : undefined;
    } catch {
      return undefined; // the process is being killed: the last status stays
    }
  }

  private look(): void {
    const { status } = this;
    if (status === undefined) return;
    const now = performance.now();
    const isAll = status.state === 'SOLD_OUT';
    for (const waiter of this.waiters) {
      if (isAll || waiter.seq <= status.headSeq || waiter.gen < status.firstGeneration) {
        this.waiters.delete(waiter);
        waiter.resolve();
      } else if (now >= waiter.presentAtMs) {
        this.pause(waiter);
        waiter.sayPresent();
      }
    }
  }
}

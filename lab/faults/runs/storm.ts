import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence, PhaseRecord } from '../observed/evidence.ts';
import { readState } from '../observed/final-state.ts';
import { type Act, History, type Operation } from '../observed/history.ts';
import { between, type Random, seededBy } from '../random.ts';
import type { System } from '../system/index.ts';
import { RawConnection } from '../workload/raw.ts';
import type { HotSeats } from './hot-seats.ts';
import { type HeldSeats, holdIn, sendHold, sendPayment } from './raw-sale.ts';

export const CONNECTIONS = 48;
export const HOLD_SECONDS = 2;
const PAYS = 0.1;
const KILL_EVERY_MS: [number, number] = [6000, 12_000];
const RESTART_MS = 180_000;
const SAY_EVERY_MS = 10_000;
/** After no answer: the process is being killed, or the other one gets twice as many. */
const AGAIN_MS = 50;

export interface StormCounts {
  /** Held or refused, by the product's own transaction. */
  attempts: number;
  held: number;
  paid: number;
  refused: number;
  /** On top of those: no answer, or 5xx. */
  unknown: number;
  kills: number;
}

export interface StormOptions {
  seed: number;
  folder: string;
  attempts: number;
  limitMs: number;
  say: (text: string) => void;
}

/** Buyers who all want the same seats, at API processes of which one after another is killed. */
export class Storm {
  private readonly history = new History();
  private readonly operations: Operation[] = [];
  private readonly counts: StormCounts = { attempts: 0, held: 0, paid: 0, refused: 0, unknown: 0, kills: 0 };
  /** API processes that have been killed and are not back yet. */
  private readonly down = new Set<number>();
  private readonly options: StormOptions;
  private readonly system: System;
  private readonly seats: HotSeats;
  private isOver = false;

  constructor(options: StormOptions, system: System, seats: HotSeats) {
    this.options = options;
    this.system = system;
    this.seats = seats;
  }

  async run(): Promise<StormCounts & { seconds: number }> {
    const { seed } = this.options;
    const buyers = Array.from({ length: CONNECTIONS }, (_, i) => this.buy(i, seededBy(seed, `buyer ${i}`)));
    try {
      const [seconds] = await Promise.all([this.untilEnough(), this.kill(seededBy(seed, 'kill')), ...buyers]);
      return { ...this.counts, seconds };
    } finally {
      this.isOver = true;
    }
  }

  async evidence(): Promise<Evidence> {
    const none = {
      admissions: [],
      calls: [],
      mostActive: 0,
      activeLimit: Infinity,
      sessionMs: 0,
      maxWaitMs: 0,
      presenceTimeoutMs: 0,
    };
    const phases: PhaseRecord[] = [];
    const state = await readState(this.system.mariadb, this.history);
    return { ...none, operations: this.operations, state, holdMs: HOLD_SECONDS * 1000, phases };
  }

  /** @returns seconds that it took */
  private async untilEnough(): Promise<number> {
    const { attempts: wanted, limitMs } = this.options;
    const startedAtMs = performance.now();
    let [saidAtMs, said] = [startedAtMs, 0];
    for (;;) {
      await sleep(200);
      const now = performance.now();
      const { attempts } = this.counts;
      if (attempts >= wanted || now - startedAtMs > limitMs) this.isOver = true;
      if (this.isOver) return (now - startedAtMs) / 1000;
      if (now - saidAtMs < SAY_EVERY_MS) continue;
      this.say((now - startedAtMs) / 1000, ((attempts - said) / (now - saidAtMs)) * 1000);
      [saidAtMs, said] = [now, attempts];
    }
  }

  private say(seconds: number, perSecond: number): void {
    const { attempts, held, paid, unknown, kills } = this.counts;
    const far = `${seconds.toFixed(0)} s: ${attempts} attempts, ${perSecond.toFixed(0)}/s`;
    this.options.say(`  ${far}; ${held} held, ${paid} paid, ${unknown} unknown, ${kills} kills`);
  }

  private async buy(slot: number, random: Random): Promise<void> {
    const userId = this.seats.programme.newcomer();
    const connections = this.system.apis.map(({ port }) => new RawConnection(port));
    let token = '';
    for (let asked = 0; !this.isOver; asked++) {
      const connection = this.reachable(connections, slot);
      if (token === '') {
        const answer = await connection.post('/v1/api/queue/token', '', `{"userId":${userId}}`);
        if (answer.status === 200)
          token = (JSON.parse(answer.body) as { data: { queueToken: string } }).data.queueToken;
        else await sleep(AGAIN_MS);
        continue;
      }
      const seatIds = this.seats.some(random);
      const startMs = this.history.nowMs;
      const { status, body } = await sendHold(
        connection,
        token,
        this.seats.programme.scheduleOf(seatIds[0] ?? 0),
        seatIds,
      );
      if (status === 200) {
        const held = { userId, ...holdIn(body, seatIds) };
        const key = `${slot}-${asked}`;
        this.note('reserve', userId, startMs, { key, seatIds: held.seatIds, answered: held });
        this.counts.attempts += 1;
        this.counts.held += 1;
        if (random() < PAYS && (await this.pays(connection, token, held, `${key}-pay`))) token = '';
      } else if (status === 409) {
        this.counts.attempts += 1;
        this.counts.refused += 1;
      } else if (status === 401 || status === 403) token = '';
      else if (status === 0 || status >= 500) {
        this.counts.unknown += 1;
        await sleep(AGAIN_MS);
      } else throw new Error(`An attempt was answered ${status}: ${body}`);
    }
    for (const connection of connections) connection.close();
  }

  /** To its own process while that runs, so that a process that was killed gets its share again. */
  private reachable(connections: RawConnection[], slot: number): RawConnection {
    const own = slot % connections.length;
    const other = connections.findIndex((_, i) => !this.down.has(i));
    const found = connections[this.down.has(own) && other !== -1 ? other : own];
    if (found === undefined) throw new Error('There are no API processes.');
    return found;
  }

  private async pays(
    connection: RawConnection,
    token: string,
    held: HeldSeats,
    key: string,
  ): Promise<boolean> {
    const startMs = this.history.nowMs;
    const { status } = await sendPayment(connection, token, held);
    if (status !== 200) return false;
    const { userId, seatIds, reservationIds } = held;
    this.note('pay', userId, startMs, { key, seatIds, reservationIds });
    this.counts.paid += 1;
    this.seats.moveOn();
    return true;
  }

  /** Refusals are counted only: a million of them tell nothing that the acknowledged ones do not. */
  private note(act: Act, userId: number, startMs: number, more: Partial<Operation>): void {
    const own = { id: this.operations.length + 1, act, userId, api: 0, startMs, endMs: this.history.nowMs };
    this.operations.push({ ...own, outcome: 'ok', status: 200, ...more });
  }

  private async kill(random: Random): Promise<void> {
    while (!this.isOver) {
      await sleep(between(random, ...KILL_EVERY_MS));
      const i = Math.floor(random() * this.system.apis.length);
      const child = this.system.child(`api${i}`);
      this.down.add(i); // none goes there from now on; who is there is cut off
      await child.stop('SIGKILL');
      this.counts.kills += 1;
      await child.start(RESTART_MS);
      this.down.delete(i);
    }
  }
}

import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAcknowledged } from '../checker/acknowledged.ts';
import { perSeat } from '../checker/per-seat.ts';
import { checkSeats } from '../checker/seats.ts';
import type { Evidence, PhaseRecord, Violation } from '../observed/evidence.ts';
import { readState } from '../observed/final-state.ts';
import { type Act, History, type Operation } from '../observed/history.ts';
import { summaryOf } from './opening.ts';
import { between, type Random, seededBy } from '../random.ts';
import { System } from '../system/index.ts';
import { Programme } from '../workload/programme.ts';
import { type RawAnswer, RawConnection } from '../workload/raw.ts';

const CONNECTIONS = 48;
const HOLD_SECONDS = 2;
/** Seats on sale at a time, few enough that buyers meet. */
const HOT_SEATS = 100;
/** Seats by which the range in use advances with each sale: if most were sold, no more holds would succeed. */
const SEATS_PER_SALE = 3;
const SEATS = 1000;
const SCHEDULES = 60;
const BALANCE = 1_000_000_000;
const PRICE = 10;
const PAYS = 0.1;
const MOST_SEATS = 4;
const KILL_EVERY_MS: [number, number] = [6000, 12_000];
const RESTART_MS = 180_000;
const SAY_EVERY_MS = 10_000;
/** After no answer: the process is being killed, or the other one gets twice as many. */
const AGAIN_MS = 50;

/** As many attempts as possible: all buyers are active and repeat without a pause. */
const ENV = {
  LOG_LEVEL: 'warn',
  QUEUE_MAX_ACTIVE: '100000',
  QUEUE_IDLE_TIMEOUT_SECONDS: '0',
  QUEUE_ADMIT_BY_SEATS: 'off',
  MAX_SEATS_PER_USER: '0',
  HOLD_SECONDS: String(HOLD_SECONDS),
  LOAD_SHEDDING_MAX_DELAY_MS: '60000',
  INVARIANT_CHECK_INTERVAL_SECONDS: '0',
};

export interface HammerResult {
  wanted: number;
  /** Held or refused, by the product's own transaction. */
  attempts: number;
  seconds: number;
  held: number;
  paid: number;
  refused: number;
  /** On top of those: no answer, or 5xx. */
  unknown: number;
  kills: number;
  violations: Violation[];
}

interface HeldSeats {
  userId: number;
  seatIds: number[];
  /** Of an order; the study's reserve has none. */
  orderId?: number;
  reservationIds: number[];
}

interface Options {
  seed: number;
  folder: string;
  attempts: number;
  limitMs: number;
  say: (text: string) => void;
}

/** Attempts to hold one to four seats as fast as two cores allow, while API processes are killed with -9 again and again. */
export async function hammer(options: Options): Promise<HammerResult> {
  const { seed, folder, say } = options;
  mkdirSync(folder, { recursive: true });
  const shape = { apis: 2, workers: 1, kafka: false, direct: true };
  const system = await System.start({ ...shape, seed, folder, env: ENV });
  try {
    const programme = await Programme.build(system.mariadb, {
      users: CONNECTIONS,
      schedules: SCHEDULES,
      seats: SEATS,
      price: PRICE,
      balance: BALANCE,
    });
    await system.startProduct();
    const storm = new Storm(options, system, programme);
    const result = await storm.run();
    await sleep(HOLD_SECONDS * 1000 + 3000); // the last holds end, events are acted upon
    say('the judges look');
    const evidence = await storm.evidence();
    const ofSeats = perSeat(evidence);
    const violations = [...checkSeats(ofSeats), ...checkAcknowledged(ofSeats)];
    const verify = await system.tool('verify', ['--json']);
    if (verify.code !== 0)
      violations.push({ check: 'invariant', what: `verify: ${summaryOf(verify.output)}` });
    return { wanted: options.attempts, ...result, violations };
  } finally {
    await system.stop();
  }
}

/** Answer to a hold. */
function heldIn(body: string): Pick<HeldSeats, 'orderId' | 'reservationIds'> {
  const { data } = JSON.parse(body) as {
    data: {
      reservationId?: number;
      orderId?: number;
      seats?: { seatId: number; reservationId: number }[];
    };
  };
  const { orderId, seats = [], reservationId } = data;
  if (orderId === undefined) return { reservationIds: [reservationId ?? 0] };
  const ascending = seats.sort((one, other) => one.seatId - other.seatId);
  return { orderId, reservationIds: ascending.map((seat) => seat.reservationId) };
}

class Storm {
  private readonly history = new History();
  private readonly operations: Operation[] = [];
  private readonly counts = { attempts: 0, held: 0, paid: 0, refused: 0, unknown: 0, kills: 0 };
  /** API processes that have been killed and are not back yet. */
  private readonly down = new Set<number>();
  private readonly options: Options;
  private readonly system: System;
  private readonly programme: Programme;
  private schedule = 0;
  private first = 0;
  private isOver = false;

  constructor(options: Options, system: System, programme: Programme) {
    this.options = options;
    this.system = system;
    this.programme = programme;
  }

  async run(): Promise<Omit<HammerResult, 'violations' | 'wanted'>> {
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
    const userId = this.programme.newcomer();
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
      const seatIds = this.someSeats(random);
      const startMs = this.history.nowMs;
      const { status, body } = await this.holds(connection, token, seatIds);
      if (status === 200) {
        const held = { userId, seatIds, ...heldIn(body) };
        this.note('reserve', userId, startMs, { key: `${slot}-${asked}`, seatIds, answered: held });
        this.counts.attempts += 1;
        this.counts.held += 1;
        if (random() < PAYS && (await this.pays(connection, token, held, `${slot}-${asked}-pay`))) token = '';
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

  /** One seat as the study does it, several as an order. */
  private holds(connection: RawConnection, token: string, seatIds: number[]): Promise<RawAnswer> {
    const [seatId = 0] = seatIds;
    const scheduleId = this.programme.scheduleOf(seatId);
    return seatIds.length === 1
      ? connection.post('/v1/api/concerts/reserve', token, JSON.stringify({ scheduleId, seatId }))
      : connection.post('/v1/api/orders', token, JSON.stringify({ scheduleId, seatIds }));
  }

  private async pays(
    connection: RawConnection,
    token: string,
    { userId, seatIds, orderId, reservationIds }: HeldSeats,
    key: string,
  ): Promise<boolean> {
    const startMs = this.history.nowMs;
    const { status } =
      orderId === undefined
        ? await connection.post(
            '/v1/api/concerts/payment',
            token,
            `{"reservationId":${reservationIds[0] ?? 0}}`,
          )
        : await connection.post(`/v1/api/orders/${orderId}/payment`, token, '');
    if (status !== 200) return false;
    this.note('pay', userId, startMs, { key, seatIds, reservationIds });
    this.counts.paid += 1;
    this.moveOn();
    return true;
  }

  /** Refusals are counted only: a million of them tell nothing that the acknowledged ones do not. */
  private note(act: Act, userId: number, startMs: number, more: Partial<Operation>): void {
    const own = { id: this.operations.length + 1, act, userId, api: 0, startMs, endMs: this.history.nowMs };
    this.operations.push({ ...own, outcome: 'ok', status: 200, ...more });
  }

  /** One to four next to each other. */
  private someSeats(random: Random): number[] {
    const seats = this.programme.seatsOf(this.schedule);
    const from = this.first + Math.floor(random() * HOT_SEATS);
    const some = seats.slice(from, from + 1 + Math.floor(random() * MOST_SEATS));
    return some.length === 0 ? seats.slice(0, 1) : some;
  }

  /** Sold seats stay among those asked for, for a while. */
  private moveOn(): void {
    this.first += SEATS_PER_SALE;
    if (this.first + HOT_SEATS < SEATS) return;
    this.first = 0;
    this.schedule = (this.schedule + 1) % SCHEDULES;
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

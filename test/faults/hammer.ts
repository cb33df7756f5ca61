import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAcknowledged } from './checker/acknowledged.ts';
import { checkSeats } from './checker/seats.ts';
import type { Evidence, PhaseRecord, Violation } from './evidence.ts';
import { readState } from './final-state.ts';
import { type Act, History, type Operation } from './history.ts';
import { summaryOf } from './opening.ts';
import { between, pick, type Random, seededBy } from './random.ts';
import { System } from './system/index.ts';
import { Hall } from './workload/hall.ts';
import { RawConnection } from './workload/raw.ts';

const CONNECTIONS = 48;
const HOLD_SECONDS = 2;
/** So many are asked for at a time, so that buyers meet. */
const HOT_SEATS = 150;
const SEATS = 1000;
const SCHEDULES = 60;
const BALANCE = 1_000_000_000;
const PRICE = 10;
const PAYS = 0.3;
const KILL_EVERY_MS: [number, number] = [4000, 8000];
const SAY_EVERY_MS = 10_000;

/** As many attempts as can be: a crowd inside, no waiting, each buyer at once again. */
const ENV = {
  LOG_LEVEL: 'warn',
  QUEUE_MAX_ACTIVE: '100000',
  QUEUE_IDLE_SECONDS: '0',
  MAX_SEATS_PER_USER: '0',
  HOLD_SECONDS: String(HOLD_SECONDS),
  HTTP_QUEUE_MS: '60000',
  WATCH_SECONDS: '0',
};

export interface HammerResult {
  attempts: number;
  seconds: number;
  held: number;
  paid: number;
  refused: number;
  unknown: number;
  kills: number;
  violations: Violation[];
}

interface Options {
  seed: number;
  folder: string;
  attempts: number;
  limitMs: number;
  say: (text: string) => void;
}

/** Reserve attempts as fast as two cores allow, while API processes are killed with -9 again and again. */
export async function hammer(options: Options): Promise<HammerResult> {
  const { seed, folder, say } = options;
  mkdirSync(folder, { recursive: true });
  const shape = { apis: 2, workers: 1, kafka: false, direct: true };
  const system = await System.start({ ...shape, seed, folder, env: ENV });
  try {
    const hall = await Hall.build(system.mariadb, {
      users: CONNECTIONS,
      schedules: SCHEDULES,
      seats: SEATS,
      price: PRICE,
      balance: BALANCE,
    });
    await system.startProduct();
    const storm = new Storm(options, system, hall);
    const result = await storm.run();
    await sleep(HOLD_SECONDS * 1000 + 3000); // the last holds end, events are acted upon
    say('the judges look');
    const evidence = await storm.evidence();
    const violations = [...checkSeats(evidence), ...checkAcknowledged(evidence)];
    const verify = await system.tool('verify', ['--json']);
    if (verify.code !== 0)
      violations.push({ check: 'invariant', what: `verify: ${summaryOf(verify.output)}` });
    return { ...result, violations };
  } finally {
    await system.stop();
  }
}

class Storm {
  private readonly history = new History();
  private readonly operations: Operation[] = [];
  private readonly counts = { attempts: 0, held: 0, paid: 0, refused: 0, unknown: 0, kills: 0 };
  private readonly options: Options;
  private readonly system: System;
  private readonly hall: Hall;
  private schedule = 0;
  private first = 0;
  private isOver = false;

  constructor(options: Options, system: System, hall: Hall) {
    this.options = options;
    this.system = system;
    this.hall = hall;
  }

  async run(): Promise<Omit<HammerResult, 'violations'>> {
    const { seed, limitMs, say } = this.options;
    const startedAtMs = performance.now();
    const buyers = Array.from({ length: CONNECTIONS }, (_, i) => this.buy(i, seededBy(seed, `buyer ${i}`)));
    const killer = this.kill(seededBy(seed, 'kill'));
    while (this.counts.attempts < this.options.attempts && performance.now() - startedAtMs < limitMs) {
      await sleep(Math.min(SAY_EVERY_MS, 500));
      const { attempts } = this.counts;
      if (Math.floor((performance.now() - startedAtMs) / SAY_EVERY_MS) > this.said) {
        this.said += 1;
        say(
          `  ${attempts} attempts, ${this.counts.held} held, ${this.counts.paid} paid, ${this.counts.kills} kills`,
        );
      }
    }
    this.isOver = true;
    await Promise.all([...buyers, killer]);
    return { ...this.counts, seconds: (performance.now() - startedAtMs) / 1000 };
  }

  private said = 0;

  async evidence(): Promise<Evidence> {
    const none = { admissions: [], calls: [], mostInside: 0, cap: Infinity, leaseMs: 0, waitMs: 0, awayMs: 0 };
    const phases: PhaseRecord[] = [];
    const state = await readState(this.system.mariadb, this.history);
    return { ...none, operations: this.operations, state, holdMs: HOLD_SECONDS * 1000, phases };
  }

  private async buy(slot: number, random: Random): Promise<void> {
    const userId = this.hall.newcomer();
    const ports = this.system.apis.map(({ port }) => port);
    let connection = new RawConnection(ports[slot % ports.length] ?? 0);
    let token = '';
    let asked = 0;
    while (!this.isOver) {
      if (token === '') {
        const answer = await connection.post('/v1/api/queue/token', '', `{"userId":${userId}}`);
        if (answer.status === 200)
          token = (JSON.parse(answer.body) as { data: { queueToken: string } }).data.queueToken;
      } else {
        const seatId = this.someSeat(random);
        const startMs = this.history.nowMs;
        const body = `{"scheduleId":${this.hall.scheduleOf(seatId)},"seatId":${seatId}}`;
        const { status, body: told } = await connection.post('/v1/api/concerts/reserve', token, body);
        this.counts.attempts += 1;
        if (status === 200) {
          const { reservationId } = (JSON.parse(told) as { data: { reservationId: number } }).data;
          this.note('reserve', userId, startMs, {
            key: `${slot}-${++asked}`,
            seatId,
            told: { reservationId },
          });
          this.counts.held += 1;
          if (
            random() < PAYS &&
            (await this.pays(connection, token, { userId, seatId, reservationId }, `${slot}-${++asked}`))
          )
            token = '';
        } else if (status === 403 || status === 401) token = '';
        else if (status >= 400 && status < 500) this.counts.refused += 1;
        else {
          this.counts.unknown += 1;
          connection.close();
          connection = new RawConnection(pick(random, ports));
          await sleep(50);
        }
      }
    }
    connection.close();
  }

  private async pays(
    connection: RawConnection,
    token: string,
    { userId, seatId, reservationId }: { userId: number; seatId: number; reservationId: number },
    key: string,
  ): Promise<boolean> {
    const startMs = this.history.nowMs;
    const { status } = await connection.post(
      '/v1/api/concerts/payment',
      token,
      `{"reservationId":${reservationId}}`,
    );
    if (status !== 200) return false;
    this.note('pay', userId, startMs, { key, seatId, reservationId });
    this.counts.paid += 1;
    if (this.counts.paid % 4 === 0) this.moveOn();
    return true;
  }

  /** Refusals are counted only: a million of them tell nothing that the acknowledged ones do not. */
  private note(act: Act, userId: number, startMs: number, more: Partial<Operation>): void {
    const own = { id: this.operations.length + 1, act, userId, api: 0, startMs, endMs: this.history.nowMs };
    this.operations.push({ ...own, outcome: 'ok', status: 200, ...more });
  }

  private someSeat(random: Random): number {
    const seats = this.hall.seatsOf(this.schedule);
    return seats[this.first + Math.floor(random() * HOT_SEATS)] ?? seats[0] ?? 0;
  }

  /** Sold seats stay among those asked for, for a while. */
  private moveOn(): void {
    this.first += 3;
    if (this.first + HOT_SEATS < SEATS) return;
    this.first = 0;
    this.schedule = (this.schedule + 1) % SCHEDULES;
  }

  private async kill(random: Random): Promise<void> {
    while (!this.isOver) {
      await sleep(between(random, ...KILL_EVERY_MS));
      const { child } = pick(random, this.system.apis);
      await child.stop('SIGKILL');
      this.counts.kills += 1;
      await child.start();
    }
  }
}

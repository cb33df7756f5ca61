import { setTimeout as sleep } from 'node:timers/promises';
import { nemesisOf } from '../nemesis/index.ts';
import type { Injected } from '../observed/evidence.ts';
import { History } from '../observed/history.ts';
import { seededBy } from '../random.ts';
import type { System } from '../system/index.ts';
import type { Programme } from '../workload/programme.ts';
import { Line } from './line.ts';
import { Outsiders } from './outsiders.ts';
import { Seats } from './seats.ts';
import { Users } from './users.ts';

/** In this order, spread over the sale by what has happened in it, so that each of them falls into it. */
export const FAULTS = [
  'kill-api',
  'redis-flush',
  'kill-worker',
  'restart-mariadb',
  'kill-api',
  'kill-worker',
  'kill-mariadb',
];
export const SHAPE = { apis: 2, workers: 2, kafka: false };
export const HOLD_SECONDS = 10;
export const SCHEDULES = 4;
/** All users have come after this share of the time. */
const ARRIVAL_SHARE = 0.2;
const ARRIVE_EVERY_MS = 100;
/** Arrivals are that part of the sale, sales the rest. */
const ARRIVALS = 0.4;
const RECEIPTS = 20;
const SAY_EVERY_MS = 10_000;

export interface SaleOptions {
  seed: number;
  folder: string;
  entries: number;
  limitMs: number;
  say: (text: string) => void;
}

/** From the first user to the last, with everything that breaks in between. */
export class Course {
  readonly history = new History();
  readonly faults: Injected[] = [];
  readonly users: Users;
  readonly line: Line;
  readonly outsiders: Outsiders;
  seconds = 0;
  private readonly options: SaleOptions;
  private readonly system: System;
  private readonly programme: Programme;
  private saidAtMs = 0;

  constructor(options: SaleOptions, system: System, programme: Programme) {
    this.options = options;
    this.system = system;
    this.programme = programme;
    const ports = system.apis.map(({ port }) => port);
    const random = seededBy(options.seed, 'sale');
    this.line = new Line(ports, random);
    this.outsiders = new Outsiders(ports, options.folder);
    const seats = new Seats(programme, SCHEDULES);
    const { line, history } = this;
    this.users = new Users(ports, { line, seats, programme, history, holdMs: HOLD_SECONDS * 1000, random });
  }

  async run(): Promise<void> {
    this.line.start();
    this.outsiders.start();
    const timer = setTimeout(() => void this.end(), this.options.limitMs);
    try {
      await Promise.all([this.arrive(), this.strike()]);
    } finally {
      clearTimeout(timer);
      await this.end();
      this.seconds = this.history.nowMs / 1000;
    }
  }

  private async end(): Promise<void> {
    this.users.isOver = true;
    await this.line.stop();
  }

  /** Share of the sale that is over, by what has happened. */
  private get progress(): number {
    const { issued, seatsSold } = this.users.counts;
    const sold = seatsSold / this.programme.seatCount;
    return ARRIVALS * (issued / this.options.entries) + (1 - ARRIVALS) * sold;
  }

  private async arrive(): Promise<void> {
    const { entries, limitMs } = this.options;
    const atOnce = Math.max(1, Math.ceil((entries * ARRIVE_EVERY_MS) / (limitMs * ARRIVAL_SHARE)));
    const visits: Promise<void>[] = [];
    while (visits.length < entries && !this.users.isOver) {
      for (let i = 0; i < atOnce && visits.length < entries; i++) visits.push(this.users.visit());
      await sleep(ARRIVE_EVERY_MS);
      this.report();
    }
    const all = Promise.all(visits);
    const ticking = setInterval(() => this.report(), ARRIVE_EVERY_MS);
    await all.finally(() => clearInterval(ticking));
  }

  private async strike(): Promise<void> {
    for (const [i, name] of FAULTS.entries()) {
      const due = (i + 1) / (FAULTS.length + 1);
      while (this.progress < due && !this.users.isOver) await sleep(50);
      if (this.users.isOver) return;
      await this.keepReceipts();
      this.faults.push(await this.inject(name, i));
    }
  }

  private async inject(name: string, i: number): Promise<Injected> {
    const fault = nemesisOf(name).plan(seededBy(this.options.seed, `${name} ${i}`), SHAPE);
    const injected: Injected = { nemesis: name, ...fault, fromMs: this.history.nowMs, untilMs: 0 };
    this.options.say(
      `  ${(injected.fromMs / 1000).toFixed(1)} s  ${name}: ${fault.target}, ${fault.lastsMs} ms`,
    );
    const heal = await nemesisOf(name).inject(this.system, fault);
    await sleep(fault.lastsMs);
    await heal();
    return { ...injected, untilMs: this.history.nowMs };
  }

  /** Of some users who already have an entry. */
  private async keepReceipts(): Promise<void> {
    const tokens = [...this.users.tokens.values()];
    const some = Math.ceil(RECEIPTS / FAULTS.length);
    for (let i = 0; i < some; i++) {
      const token = tokens[Math.floor((i * tokens.length) / some)];
      if (token !== undefined) await this.outsiders.keepReceipt(token);
    }
  }

  private report(): void {
    const now = this.history.nowMs;
    if (now - this.saidAtMs < SAY_EVERY_MS) return;
    this.saidAtMs = now;
    const { issued, admitted, seatsSold } = this.users.counts;
    const { waiting = 0, active = 0, state = '?' } = this.line.status ?? {};
    this.options.say(
      `  ${(now / 1000).toFixed(0)} s: ${issued} issued, ${waiting} waiting, ${active} active, ${admitted} admitted, ${seatsSold} seats sold, ${state}`,
    );
  }
}

import { recordRequest, LoadShedder, type Signals, emptySignals } from './product.ts';

/** What a request costs, ms: means of exponential times. */
export interface Costs {
  /** Of a process' one thread. */
  list: number;
  write: number;
  poll: number;
  /** Of the database, which serves one at a time. */
  database: number;
}

interface Process {
  shedder: { enter(): boolean; leave(): void };
  freeAt: number;
  /** When its last POOL units of database work end; `turn`: the oldest. */
  ends: number[];
  turn: number;
  /** Seconds of its POOL connections in use since the last report. */
  busy: number;
  alive: boolean;
}

/** A request under way. */
export interface Asked {
  process: Process;
  askedAt: number;
  doneAt: number;
  isWrite: boolean;
}

const POOL = 32;
const LOAD_SHEDDING_MAX_DELAY_MS = 100;
/** Mean duration of a flush of the database, seconds; one begins every four seconds on average. */
const FLUSH = { every: 4, lasts: 0.015 };
const REFUSED_MS = 1;

/** Processes with one thread, a pool and a shedder each, before one database. Times in seconds. */
export class Backend {
  private processes: Process[] = [];
  private databaseFreeAt = 0;
  private signals = emptySignals();
  private inFlight = 0;

  private readonly costs: Costs;
  private readonly random: () => number;
  private readonly now: () => number;

  constructor(costs: Costs, random: () => number, now: () => number) {
    this.costs = costs;
    this.random = random;
    this.now = now;
  }

  /** Sets the number of processes; the requests of a process that ends are lost. */
  scaleTo(count: number): void {
    while (this.processes.length < count)
      this.processes.push({
        freeAt: this.now(),
        turn: 0,
        busy: 0,
        alive: true,
        ends: new Array<number>(POOL).fill(0),
        shedder: new LoadShedder(LOAD_SHEDDING_MAX_DELAY_MS, () => this.now() * 1000),
      });
    for (const process of this.processes.splice(count)) process.alive = false;
  }

  /** Time passes: now and then the database flushes. */
  pass(seconds: number): void {
    if (this.random() < seconds / FLUSH.every)
      this.databaseFreeAt = Math.max(this.databaseFreeAt, this.now()) + this.exponential(FLUSH.lasts);
  }

  /** @returns undefined when it is shed */
  ask(isWrite: boolean, pollsPerSecond: number, slowness: number): Asked | undefined {
    const process = this.processes[Math.floor(this.random() * this.processes.length)];
    if (process === undefined) return undefined;
    if (isWrite && !process.shedder.enter()) {
      recordRequest(this.signals, REFUSED_MS, true, true);
      return undefined;
    }
    const now = this.now();
    this.inFlight += 1;
    this.signals.loopDelayMs = Math.max(this.signals.loopDelayMs, (process.freeAt - now) * 1000);
    const polling = (pollsPerSecond / this.processes.length) * (this.costs.poll / 1000);
    const own = this.exponential((isWrite ? this.costs.write : this.costs.list) / 1000);
    process.freeAt = Math.max(process.freeAt, now) + own / Math.max(0.1, 1 - polling);
    const doneAt = isWrite ? this.inDatabase(process, slowness) : process.freeAt;
    return { process, askedAt: now, doneAt, isWrite };
  }

  /** Called at `doneAt`. @returns whether there is a response: a process that has ended gives none */
  answer({ process, askedAt, isWrite }: Asked): boolean {
    this.inFlight -= 1;
    if (isWrite) process.shedder.leave();
    recordRequest(this.signals, (this.now() - askedAt) * 1000, !process.alive, isWrite);
    return process.alive;
  }

  /** Measurements of all processes since the last report. */
  take(): Signals {
    const poolBusy = Math.min(1, Math.max(...this.processes.map(({ busy }) => busy)) / POOL);
    for (const process of this.processes) process.busy = 0;
    const taken = { ...this.signals, poolBusy, inFlight: this.inFlight };
    this.signals = emptySignals();
    return taken;
  }

  private inDatabase(process: Process, slowness: number): number {
    const oldestEnds = process.ends[process.turn] ?? 0;
    this.signals.poolWaitMs = Math.max(this.signals.poolWaitMs, (oldestEnds - process.freeAt) * 1000);
    this.databaseFreeAt =
      Math.max(this.databaseFreeAt, process.freeAt) + this.exponential(this.costs.database / 1000) * slowness;
    process.busy += this.databaseFreeAt - process.freeAt;
    process.ends[process.turn] = this.databaseFreeAt;
    process.turn = (process.turn + 1) % POOL;
    return this.databaseFreeAt;
  }

  private exponential(mean: number): number {
    return -Math.log(1 - this.random()) * mean;
  }
}

import type { QueueRules } from '../../src/modules/waiting-room/rules';
import type { QueueStore } from '../../src/modules/waiting-room/state/store';
import { RedisUnavailable } from '../../src/platform/redis/redis';
import type { Entry } from '../../src/modules/waiting-room/state/entry';
import type { WaitingRoom } from '../../src/modules/waiting-room/waiting-room';
import { at } from './at';
import type { Rooms } from './rooms';
import { virtualTime } from './virtual-time';

const STEP_MS = 100;
const REFRESH_MS = 250;
const TELL_MS = 1000;
const TICK_MS = 200;

/** One who comes, polls until inside, looks round, pays and is gone. */
export interface Visit {
  comesAtMs: number;
  pollEveryMs: number;
  insideMs: number;
  /** Does not poll from then on, for so long; 0: keeps polling. */
  awayAtMs: number;
  awayMs: number;
}

export interface Visitor extends Visit {
  userId: number;
  state: 'coming' | 'waiting' | 'inside' | 'paid' | 'gone';
  place: Entry | undefined;
  dueAtMs: number;
  toldInsideAtMs: number;
}

interface Process {
  room: WaitingRoom;
  dueAtMs: { refresh: number; flushPresence: number; tick: number };
}

/** Processes with their loops, a crowd, and a Redis that can be away, all on virtual time. */
export class Simulation {
  readonly startedAtMs = virtualTime.nowMs;
  readonly visitors: Visitor[];
  /** When each seq was first let in, by the store; and when last: who was idle may come back. */
  readonly admittedAtMs = new Map<number, number>();
  /** Admissions that were lost before anybody was told. */
  readonly lost = new Map<number, { wasAtMs: number; atMs: number }>();
  readonly enteredAtMs = new Map<number, number>();
  inside = new Set<number>();
  isRedisUp = true;
  /** What a visitor was told, for the test to judge. */
  onTold: (visitor: Visitor, told: { status: string; position?: number }) => void = () => undefined;
  private readonly processes: Process[];
  private readonly paid = new Set<number>();

  constructor(
    private readonly rooms: Rooms,
    processes: number,
    visits: Visit[],
    private readonly tellTime: () => Promise<unknown>,
    private readonly random: () => number,
  ) {
    this.processes = Array.from({ length: processes }, (_, i) => this.newProcess(i * 37));
    this.visitors = visits.map((visit, i) => ({
      ...visit,
      ...{ userId: i + 1, state: 'coming', place: undefined, toldInsideAtMs: 0 },
      dueAtMs: this.startedAtMs + visit.comesAtMs,
    }));
  }

  get elapsedMs(): number {
    return virtualTime.nowMs - this.startedAtMs;
  }

  crash(process: number): void {
    this.processes[process % this.processes.length] = this.newProcess(0);
  }

  /** Admissions that nobody was told of may be lost with Redis. */
  forgetUnseen(): void {
    for (const { place, state } of this.visitors) {
      const wasAtMs = this.admittedAtMs.get(place?.seq ?? 0);
      if (state !== 'waiting' || place === undefined || wasAtMs === undefined) continue;
      this.admittedAtMs.delete(place.seq);
      this.lost.set(place.seq, { wasAtMs, atMs: virtualTime.nowMs });
    }
  }

  /** One step of time for everybody. */
  async step(): Promise<void> {
    virtualTime.nowMs += STEP_MS;
    const due = this.visitors.filter(({ dueAtMs }) => virtualTime.nowMs >= dueAtMs);
    await Promise.all([
      this.tellTime(),
      ...this.processes.flatMap((process) => this.loops(process)),
      ...due.map((visitor) => this.act(visitor)),
    ]);
    if (!this.isRedisUp) return;
    await this.reconcile();
    const before = this.inside;
    this.inside = new Set((await this.rooms.scores('active')).keys());
    for (const seq of this.inside) {
      if (!this.admittedAtMs.has(seq)) this.admittedAtMs.set(seq, virtualTime.nowMs);
      if (!before.has(seq)) this.enteredAtMs.set(seq, virtualTime.nowMs);
    }
  }

  /** As SessionReconciler does: whose payment Redis could not be told is finished when it is back. */
  private async reconcile(): Promise<void> {
    for (const seq of this.paid) {
      this.paid.delete(seq);
      await at(this.processes, 0).room.endSession(seq);
    }
  }

  private loops({ room, dueAtMs }: Process): Promise<unknown>[] {
    const loop = async (name: keyof typeof dueAtMs, everyMs: number): Promise<void> => {
      if (virtualTime.nowMs < dueAtMs[name]) return;
      dueAtMs[name] = virtualTime.nowMs + everyMs;
      await whenReached(() => room[name]());
    };
    return [loop('refresh', REFRESH_MS), loop('flushPresence', TELL_MS), loop('tick', TICK_MS)];
  }

  private async act(visitor: Visitor): Promise<void> {
    const { room } = at(this.processes, Math.floor(this.random() * this.processes.length));
    const pauseMs = visitor.state === 'inside' ? 1000 : visitor.pollEveryMs;
    visitor.dueAtMs = virtualTime.nowMs + pauseMs;
    const isAway =
      visitor.awayMs > 0 &&
      this.elapsedMs >= visitor.awayAtMs &&
      this.elapsedMs < visitor.awayAtMs + visitor.awayMs;
    if (isAway || isOver(visitor)) return;
    if (visitor.place === undefined) await whenReached(() => this.come(visitor, room));
    else if (visitor.state === 'inside' && virtualTime.nowMs >= visitor.toldInsideAtMs + visitor.insideMs)
      await this.pay(visitor, visitor.place.seq, room);
    else await whenReached(() => this.poll(visitor, room));
  }

  private async come(visitor: Visitor, room: WaitingRoom): Promise<void> {
    const { seq, gen, iatMs, status } = await room.issue(visitor.userId);
    visitor.place = { userId: visitor.userId, seq, gen, iatMs };
    this.told(visitor, { status });
  }

  private async poll(visitor: Visitor, room: WaitingRoom): Promise<void> {
    if (visitor.place === undefined) return;
    const told = room.poll(visitor.place) ?? (await room.resolve(visitor.place));
    this.told(visitor, told === 'not-issued-here' ? { status: told } : told);
    room.recordPollInterval(visitor.pollEveryMs);
  }

  private async pay(visitor: Visitor, seq: number, room: WaitingRoom): Promise<void> {
    visitor.state = 'paid';
    if (!(await whenReached(() => room.endSession(seq)))) this.paid.add(seq);
  }

  private told(visitor: Visitor, told: { status: string; position?: number }): void {
    this.onTold(visitor, told);
    if (told.status === 'PROGRESS' && visitor.state !== 'inside') {
      visitor.state = 'inside';
      visitor.toldInsideAtMs = virtualTime.nowMs;
      const seq = visitor.place?.seq ?? 0; // a copy still knows of it
      if (!this.admittedAtMs.has(seq))
        this.admittedAtMs.set(seq, this.lost.get(seq)?.wasAtMs ?? virtualTime.nowMs);
    } else if (told.status === 'WAITING') visitor.state = 'waiting';
    else if (told.status === 'EXPIRED') visitor.state = 'gone';
  }

  private newProcess(delayMs: number): Process {
    const due = virtualTime.nowMs + delayMs;
    const room = this.rooms.open(this.unreliable(this.rooms.store));
    return { room, dueAtMs: { refresh: due, flushPresence: due, tick: due } };
  }

  /** The store, as long as Redis can be reached. */
  private unreliable(store: QueueStore): QueueStore {
    return new Proxy(store, {
      get: (target, name) => {
        const own: unknown = Reflect.get(target, name);
        if (typeof own !== 'function') return own;
        return (...args: unknown[]): unknown =>
          this.isRedisUp
            ? Reflect.apply(own, target, args)
            : Promise.reject(new RedisUnavailable(new Error('away')));
      },
    });
  }
}

export const isOver = ({ state }: Visitor): boolean => state === 'paid' || state === 'gone';

/** Whether Redis could be asked. */
async function whenReached(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (error instanceof RedisUnavailable) return false;
    throw error;
  }
}

export const SIMULATED: QueueRules = {
  sessionMs: 20_000,
  maxWaitMs: 300_000,
  idleTimeoutMs: 6000,
  presenceTimeoutMs: 10_000,
  admissionIntervalMs: 100,
};

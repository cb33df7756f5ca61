import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import type { QueueStore } from '../../../src/modules/waiting-room/state/store';
import { RedisUnavailable } from '../../../src/platform/redis/redis';
import type { Entry } from '../../../src/modules/waiting-room/state/entries/entry';
import type { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { at } from '../at';
import type { Rooms } from '../rows/rooms';
import { virtualTime } from './virtual-time';

const STEP_MS = 100;
const REFRESH_MS = 250;
const FLUSH_MS = 1000;
const TICK_MS = 200;

/** How one user behaves: joins, polls until active, reads, pays and leaves. */
export interface Behaviour {
  joinsAtMs: number;
  pollEveryMs: number;
  activeMs: number;
  /** Does not poll from awayAtMs on, for this long; 0: keeps polling. */
  awayAtMs: number;
  awayMs: number;
}

export interface SimulatedUser extends Behaviour {
  userId: number;
  state: 'joining' | 'waiting' | 'active' | 'paid' | 'gone';
  entry: Entry | undefined;
  dueAtMs: number;
  activeSeenAtMs: number;
}

interface Process {
  room: WaitingRoom;
  dueAtMs: { refresh: number; flushPresence: number; tick: number };
}

/** Processes with their periodic tasks, users, and a Redis that can be away, all on virtual time. */
export class Simulation {
  readonly startedAtMs = virtualTime.nowMs;
  readonly users: SimulatedUser[];
  /** When each seq was first admitted, by Redis. */
  readonly admittedAtMs = new Map<number, number>();
  /** Admissions that were lost before any poll answered them. */
  readonly lost = new Map<number, { wasAtMs: number; atMs: number }>();
  readonly enteredAtMs = new Map<number, number>();
  active = new Set<number>();
  isRedisUp = true;
  /** Called with what a poll answered, for the test to judge. */
  onAnswer: (user: SimulatedUser, answer: { status: string; position?: number }) => void = () => undefined;
  private readonly processes: Process[];
  private readonly paid = new Set<number>();

  constructor(
    private readonly rooms: Rooms,
    processes: number,
    behaviours: Behaviour[],
    private readonly tellTime: () => Promise<unknown>,
    private readonly random: () => number,
  ) {
    this.processes = Array.from({ length: processes }, (_, i) => this.newProcess(i * 37));
    this.users = behaviours.map((behaviour, i) => ({
      ...behaviour,
      userId: i + 1,
      state: 'joining',
      entry: undefined,
      activeSeenAtMs: 0,
      dueAtMs: this.startedAtMs + behaviour.joinsAtMs,
    }));
  }

  get elapsedMs(): number {
    return virtualTime.nowMs - this.startedAtMs;
  }

  crash(process: number): void {
    this.processes[process % this.processes.length] = this.newProcess(0);
  }

  /** Admissions that no poll has answered may be lost with Redis. */
  forgetUnseen(): void {
    for (const { entry, state } of this.users) {
      const wasAtMs = this.admittedAtMs.get(entry?.seq ?? 0);
      if (state !== 'waiting' || entry === undefined || wasAtMs === undefined) continue;
      this.admittedAtMs.delete(entry.seq);
      this.lost.set(entry.seq, { wasAtMs, atMs: virtualTime.nowMs });
    }
  }

  /** One step of time for everybody. */
  async step(): Promise<void> {
    virtualTime.nowMs += STEP_MS;
    const due = this.users.filter(({ dueAtMs }) => virtualTime.nowMs >= dueAtMs);
    await Promise.all([
      this.tellTime(),
      ...this.processes.flatMap((process) => this.loops(process)),
      ...due.map((user) => this.act(user)),
    ]);
    if (!this.isRedisUp) return;
    await this.reconcile();
    const before = this.active;
    this.active = new Set((await this.rooms.scores('active')).keys());
    for (const seq of this.active) {
      if (!this.admittedAtMs.has(seq)) this.admittedAtMs.set(seq, virtualTime.nowMs);
      if (!before.has(seq)) this.enteredAtMs.set(seq, virtualTime.nowMs);
    }
  }

  /** As SessionReconciler does: a payment that could not be reported to Redis is reported when Redis is back. */
  private async reconcile(): Promise<void> {
    for (const seq of this.paid) {
      this.paid.delete(seq);
      await at(this.processes, 0).room.entries.endSession(seq);
    }
  }

  private loops({ room, dueAtMs }: Process): Promise<unknown>[] {
    const loop = async (name: keyof typeof dueAtMs, everyMs: number): Promise<void> => {
      if (virtualTime.nowMs < dueAtMs[name]) return;
      dueAtMs[name] = virtualTime.nowMs + everyMs;
      await whenReached(() => room[name]());
    };
    return [loop('refresh', REFRESH_MS), loop('flushPresence', FLUSH_MS), loop('tick', TICK_MS)];
  }

  private async act(user: SimulatedUser): Promise<void> {
    const { room } = at(this.processes, Math.floor(this.random() * this.processes.length));
    const pauseMs = user.state === 'active' ? 1000 : user.pollEveryMs;
    user.dueAtMs = virtualTime.nowMs + pauseMs;
    const isAway =
      user.awayMs > 0 && this.elapsedMs >= user.awayAtMs && this.elapsedMs < user.awayAtMs + user.awayMs;
    if (isAway || isOver(user)) return;
    if (user.entry === undefined) await whenReached(() => this.join(user, room));
    else if (user.state === 'active' && virtualTime.nowMs >= user.activeSeenAtMs + user.activeMs)
      await this.pay(user, user.entry.seq, room);
    else await whenReached(() => this.poll(user, room));
  }

  private async join(user: SimulatedUser, room: WaitingRoom): Promise<void> {
    const { seq, gen, iatMs, status } = await room.entries.issue(user.userId);
    user.entry = { userId: user.userId, seq, gen, iatMs };
    this.answer(user, { status });
  }

  private async poll(user: SimulatedUser, room: WaitingRoom): Promise<void> {
    if (user.entry === undefined) return;
    const answer = room.poll(user.entry) ?? (await room.entries.resolve(user.entry));
    this.answer(user, answer === 'not-issued-here' ? { status: answer } : answer);
    room.recordPollInterval(user.pollEveryMs);
  }

  private async pay(user: SimulatedUser, seq: number, room: WaitingRoom): Promise<void> {
    user.state = 'paid';
    this.rooms.repository.paid.add(seq); // committed before Redis learns of it
    if (!(await whenReached(() => room.entries.endSession(seq)))) this.paid.add(seq);
  }

  private answer(user: SimulatedUser, answer: { status: string; position?: number }): void {
    this.onAnswer(user, answer);
    if (answer.status === 'PROGRESS' && user.state !== 'active') {
      user.state = 'active';
      user.activeSeenAtMs = virtualTime.nowMs;
      const seq = user.entry?.seq ?? 0; // a copy still knows of it
      if (!this.admittedAtMs.has(seq))
        this.admittedAtMs.set(seq, this.lost.get(seq)?.wasAtMs ?? virtualTime.nowMs);
    } else if (answer.status === 'WAITING') user.state = 'waiting';
    else if (answer.status === 'EXPIRED') user.state = 'gone';
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

export const isOver = ({ state }: SimulatedUser): boolean => state === 'paid' || state === 'gone';

/** Whether Redis could be reached. */
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

import type { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { at } from '../at';
import type { Rooms } from '../rows/rooms';
import { type Copy, Oracle } from './queue-oracle';
import { virtualTime } from './virtual-time';

export const PROCESSES = 3;
export const ACTS = [
  'issue',
  'issue',
  'poll',
  'poll',
  'poll',
  'poll',
  'poll',
  'pay',
  'tick',
  'tick',
  'tick',
  'refresh',
  'refresh',
  'tell',
  'crash',
  'asked',
  'hold',
  'stay',
  'pass',
  'pass',
  'pass',
] as const;

export interface Step {
  act: (typeof ACTS)[number];
  process: number;
  user: number;
  ms: number;
}

interface Process {
  room: WaitingRoom;
  copy: Copy;
}

interface Token {
  userId: number;
  seq: number;
  gen: number;
  iatMs: number;
}

const newCopy = (): Copy => ({
  made: false,
  issued: 0,
  headSeq: 0,
  rejoined: 0,
  active: new Map(),
  present: new Set(),
  marked: new Set(),
  pending: { seen: new Set(), active: new Set(), longestPollMs: 0 },
});

/** A queue of several processes beside the oracle; both do every step and must have the same result. */
export class ComparedQueue {
  private readonly processes: Process[];
  private readonly tokens = new Map<number, Token>();
  private readonly seenAtMs = new Map<number, number>();
  private readonly givenTo = new Map<number, number>();

  private constructor(
    private readonly rooms: Rooms,
    private readonly oracle: Oracle,
    private readonly tellTime: () => Promise<unknown>,
  ) {
    this.processes = Array.from({ length: PROCESSES }, () => ({ room: rooms.open(), copy: newCopy() }));
  }

  static async open(rooms: Rooms, start: number, tellTime: () => Promise<unknown>): Promise<ComparedQueue> {
    await rooms.store.restore({ issued: 0, headSeq: 0, gen: 0 }, rooms.limit, []);
    if (start > 0) await rooms.redis.hset(rooms.keys.state, { issued: start, headSeq: start });
    return new ComparedQueue(rooms, new Oracle(rooms.rules, rooms.limit, start), tellTime);
  }

  async act({ act, process, user, ms }: Step): Promise<void> {
    const one = at(this.processes, process);
    const token = this.tokens.get(user);
    this.oracle.nowMs = virtualTime.nowMs;
    const before = { headSeq: this.oracle.headSeq, active: new Set(this.oracle.active.keys()) };
    if (act === 'pass') virtualTime.nowMs += ms;
    else if (act === 'issue') await this.issue(one, user);
    else if (act === 'tick') await this.tick(one);
    else if (act === 'refresh') await this.refresh(one);
    else if (act === 'tell') await this.tell(one);
    else if (act === 'crash') this.processes[process] = { room: this.rooms.open(), copy: newCopy() };
    else if (act === 'asked') this.asked(one, ms);
    else if (token !== undefined) {
      if (act === 'poll') await this.poll(one, token);
      if (act === 'pay') await this.pay(one, token);
      if (act === 'hold') await this.resolve(one, token, true);
      if (act === 'stay') await this.stay(one, token, ms);
    }
    if (act === 'pass') await this.tellTime();
    else await this.agree(before);
  }

  private async issue({ room, copy }: Process, user: number): Promise<void> {
    const expected = this.oracle.issue(user);
    const { status, seq, gen, iatMs, sessionUntilMs } = await room.entries.issue(user);
    expect({ status, seq, sessionUntilMs: sessionUntilMs }).toEqual(expected);
    expect(this.givenTo.get(seq) ?? user).toBe(user); // no seq is given to two
    this.givenTo.set(seq, user);
    this.tokens.set(user, { userId: user, seq, gen, iatMs });
    this.seenAtMs.set(seq, virtualTime.nowMs);
    if (status === 'PROGRESS') this.entered(copy, [seq], sessionUntilMs, this.oracle.headSeq);
    else if (!copy.marked.has(seq)) copy.pending.seen.add(seq);
  }

  /** As a poll does it: from the snapshot, and from the store where the snapshot has no answer. */
  private async poll(one: Process, token: Token): Promise<void> {
    const looked = one.room.poll(token);
    expect(looked).toEqual(this.peek(one.copy, token));
    if (looked === undefined) await this.resolve(one, token);
  }

  private async resolve({ room, copy }: Process, token: Token, isToHold = false): Promise<void> {
    const expected = this.oracle.resolve(token.seq, token.iatMs, isToHold);
    const settled = await room.entries.resolve(token, isToHold);
    expect(settled).toMatchObject(expected);
    this.seenAtMs.set(token.seq, virtualTime.nowMs);
    if (expected.status === 'PROGRESS') this.entered(copy, [token.seq], expected.sessionUntilMs);
    else copy.active.delete(token.seq);
  }

  private peek(copy: Copy, { seq, iatMs }: Token): { status: string; position?: number } | undefined {
    if (!copy.made || seq > copy.issued) return undefined;
    if ((copy.active.get(seq) ?? 0) > virtualTime.nowMs) {
      copy.pending.active.add(seq);
      return { status: 'PROGRESS' };
    }
    if (seq <= copy.headSeq) return undefined;
    if (virtualTime.nowMs >= iatMs + this.rooms.rules.maxWaitMs) return undefined;
    if (!copy.marked.has(seq)) copy.pending.seen.add(seq);
    const ahead = [...copy.present].filter((other) => other > copy.headSeq && other < seq).length;
    return { status: 'WAITING', position: copy.rejoined + ahead + 1 };
  }

  private async pay({ room, copy }: Process, { seq }: Token): Promise<void> {
    if (!this.oracle.active.has(seq)) return;
    const admitted = this.oracle.finish(seq);
    await room.entries.endSession(seq);
    copy.active.delete(seq);
    for (const one of admitted)
      this.entered(copy, [one], this.oracle.active.get(one)?.sessionUntilMs ?? 0, this.oracle.headSeq);
  }

  private async stay({ room, copy }: Process, { seq }: Token, ms: number): Promise<void> {
    const sessionUntilMs = this.oracle.stay(seq, ms);
    await room.entries.extendSession(seq, ms);
    if (sessionUntilMs > 0) this.entered(copy, [seq], sessionUntilMs);
  }

  private async tick({ room }: Process): Promise<void> {
    this.oracle.tick();
    await room.tick();
  }

  private async refresh(one: Process): Promise<void> {
    one.copy = this.oracle.copy(one.copy.pending);
    await one.room.refresh();
    expect(one.room.snapshot.waiting).toBe(
      one.copy.rejoined + [...one.copy.present].filter((seq) => seq > one.copy.headSeq).length,
    );
  }

  private async tell({ room, copy }: Process): Promise<void> {
    this.oracle.mark(copy.pending);
    for (const seq of copy.pending.seen) this.seenAtMs.set(seq, virtualTime.nowMs);
    copy.pending = { seen: new Set(), active: new Set(), longestPollMs: 0 };
    await room.flushPresence();
  }

  private asked({ room, copy }: Process, ms: number): void {
    copy.pending.longestPollMs = Math.max(copy.pending.longestPollMs, ms);
    room.recordPollInterval(ms);
  }

  /** What a process has just learnt by itself. */
  private entered(copy: Copy, seqs: number[], sessionUntilMs: number, headSeq = 0): void {
    if (!copy.made) return;
    for (const seq of seqs) copy.active.set(seq, sessionUntilMs);
    copy.headSeq = Math.max(copy.headSeq, headSeq);
  }

  /** The store holds what the oracle holds, the limit is kept, and nobody present was overtaken. */
  private async agree(before: { headSeq: number; active: Set<number> }): Promise<void> {
    const [[issued, headSeq, epoch], active, idle, rejoined] = await Promise.all([
      this.rooms.numbers('issued', 'headSeq', 'epoch'),
      this.rooms.scores('active'),
      this.rooms.scores('idle'),
      this.rooms.scores('rejoined'),
    ]);
    const { oracle } = this;
    expect({ issued, headSeq, epoch, rejoined: [...rejoined.keys()] }).toEqual({
      issued: oracle.issued,
      headSeq: oracle.headSeq,
      epoch: oracle.presence.epoch,
      rejoined: [...oracle.rejoined].sort((a, b) => a - b),
    });
    expect([...active].sort(bySeq)).toEqual(
      [...oracle.active]
        .map(([seq, { sessionUntilMs }]): [number, number] => [seq, sessionUntilMs])
        .sort(bySeq),
    );
    if (this.rooms.rules.idleTimeoutMs > 0)
      expect([...idle].sort(bySeq)).toEqual(
        [...oracle.active].map(([seq, { idleUntilMs }]): [number, number] => [seq, idleUntilMs]).sort(bySeq),
      );
    expect(active.size).toBeLessThanOrEqual(this.rooms.limit); // I6
    this.nobodyOvertaken(before, active);
  }

  /** I7, without the oracle: from the calls to the store and their results. */
  private nobodyOvertaken(
    before: { headSeq: number; active: Set<number> },
    active: Map<number, number>,
  ): void {
    const { headSeq, rejoined } = this.oracle;
    const { presenceTimeoutMs } = this.rooms.rules; // the least: until then nobody is called away
    const seenLately = (seq: number): boolean =>
      (this.seenAtMs.get(seq) ?? 0) > virtualTime.nowMs - presenceTimeoutMs;
    for (let seq = before.headSeq + 1; seq <= headSeq; seq++)
      if (!active.has(seq) && seenLately(seq) && !this.oracle.ended.has(seq))
        throw new Error(`${seq} is present and was passed over: headSeq is ${headSeq}`);
    const entered = [...active.keys()].filter((seq) => !before.active.has(seq));
    for (const back of rejoined)
      for (const seq of entered)
        if (back < seq && seenLately(back)) throw new Error(`${seq} got in before ${back}, who was back`);
  }
}

const bySeq = (a: [number, number], b: [number, number]): number => a[0] - b[0];

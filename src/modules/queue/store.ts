import { join } from 'node:path';
import type { Metrics } from '../../infra/metrics';
import { loadScript, type Redis, type Script, type ScriptArgument } from '../../infra/redis';
import { queueKeys } from './keys';
import type { QueueStatus } from './schema';

export interface QueueRules {
  leaseMs: number;
  waitMs: number;
  idleMs: number;
  awayMs: number;
  tickMs: number;
}

/** How far a queue has come. `seq`s up to `issued` are given out; those up to `serving` have had their turn. */
export interface Progress {
  issued: number;
  serving: number;
  gen: number;
}

export interface Issued {
  status: QueueStatus;
  seq: number;
  gen: number;
  iatMs: number;
  jti: string;
}

export interface Settled {
  status: QueueStatus;
  position: number;
  leaseUntilMs: number;
  nowMs: number;
}

export interface Admitted {
  admitted: number;
  /** Waits of those admitted, as far as they are known. */
  waitsMs: number[];
}

export interface Tick extends Progress, Admitted {
  nowMs: number;
  active: number;
  admittedTotal: number;
  /** Counted once a second only. */
  waiting: number | undefined;
  /** Leases ended, and places given on because their visitor was idle. */
  ended: number;
  idle: number;
}

/** The state is gone or older than known: restore it, then ask again. */
export const LOST = Symbol('lost');
/** The queue never issued such a token. */
export const UNKNOWN = Symbol('unknown');

/** At most so many admissions in one script call: about 5 ms of Redis' time. */
const ADMIT_AT_MOST = 1000;
/** More places than all processes together issue between two saves of the progress (two presence segments). */
const RESTORE_GAP = 131_072;
/** Nobody is admitted so long after a loss: first the waiters' polls make them present again. */
const RESTORE_QUIET_MS = 3000;

/** One queue's state in Redis. Every method is one atomic script, one round trip. @throws RedisUnavailable */
export class QueueStore {
  private readonly keys;
  private readonly scripts: Record<'issue' | 'settle' | 'admit' | 'finish' | 'stay' | 'restore', Script>;

  constructor(
    redis: Redis,
    readonly queueId: string,
    private readonly rules: QueueRules,
    metrics: Metrics,
  ) {
    this.keys = queueKeys(queueId);
    const load = (file: string): Script => {
      const duration = metrics.redisDuration.labels(file.replace(/-\d+$/, ''));
      return loadScript(redis, join(__dirname, 'lua'), file, (seconds) => duration.observe(seconds));
    };
    this.scripts = {
      issue: load('issue-5'),
      settle: load('settle-4'),
      admit: load('admit-4'),
      finish: load('finish-4'),
      stay: load('stay-4'),
      restore: load('restore-4'),
    };
  }

  /** Life of a token: the longest wait and a stay after it. */
  get tokenLifeMs(): number {
    return this.rules.waitMs + this.rules.leaseMs;
  }

  get leaseSeconds(): number {
    return this.rules.leaseMs / 1000;
  }

  async issue(userId: number, jti: string, cap: number, known: number): Promise<Issued | typeof LOST> {
    const keys = [...this.keys.place, this.keys.user(userId)];
    const reply = await this.scripts.issue(keys, [...this.common(cap, known), jti, this.rules.waitMs]);
    const [status, seq, gen, iatMs, itsJti] = reply as [QueueStatus | 'LOST', number, number, number, string];
    return status === 'LOST' ? LOST : { status, seq, gen, iatMs, jti: itsJti };
  }

  async settle(
    place: { seq: number; gen: number; iatMs: number },
    cap: number,
    known: number,
  ): Promise<Settled | typeof LOST | typeof UNKNOWN> {
    const own = [place.seq, place.gen, place.iatMs + this.rules.waitMs];
    const reply = await this.scripts.settle(this.keys.place, [...this.common(cap, known), ...own]);
    const [status, position, leaseUntilMs, nowMs] = reply as [
      QueueStatus | 'LOST' | 'UNKNOWN',
      number,
      number,
      number,
    ];
    if (status === 'LOST') return LOST;
    if (status === 'UNKNOWN') return UNKNOWN;
    return { status, position, leaseUntilMs, nowMs };
  }

  async admit(cap: number, known: number, countWaiters: boolean): Promise<Tick | typeof LOST> {
    const own = [this.rules.tickMs, ADMIT_AT_MOST, countWaiters ? 1 : 0];
    const reply = await this.scripts.admit(this.keys.place, [...this.common(cap, known), ...own]);
    type Reply = ['OK' | 'LOST', ...Numbers<10>, number[]];
    type Numbers<N extends number, A extends number[] = []> = A['length'] extends N
      ? A
      : Numbers<N, [...A, number]>;
    const [
      status,
      nowMs,
      issued,
      serving,
      gen,
      active,
      admittedTotal,
      waiting,
      admitted,
      ended,
      idle,
      waitsMs,
    ] = reply as Reply;
    if (status === 'LOST') return LOST;
    const counted = waiting < 0 ? undefined : waiting;
    return {
      nowMs,
      issued,
      serving,
      gen,
      active,
      admittedTotal,
      waiting: counted,
      admitted,
      ended,
      idle,
      waitsMs,
    };
  }

  /** Ends the turn of one who has paid. */
  async finish(seq: number, cap: number, known: number): Promise<Admitted | typeof LOST> {
    const reply = await this.scripts.finish(this.keys.place, [
      ...this.common(cap, known),
      seq,
      ADMIT_AT_MOST,
    ]);
    const [status, admitted, waitsMs] = reply as ['OK' | 'LOST', number, number[]];
    return status === 'LOST' ? LOST : { admitted, waitsMs };
  }

  async stay(seq: number, holdMs: number): Promise<void> {
    await this.scripts.stay(this.keys.place, [...this.common(0, 0), seq, holdMs]);
  }

  async restore(known: Progress): Promise<Progress> {
    const own = [known.serving, known.gen, RESTORE_GAP, RESTORE_QUIET_MS];
    const reply = await this.scripts.restore(this.keys.place, [...this.common(0, known.issued), ...own]);
    const [issued, serving, gen] = reply as [number, number, number];
    return { issued, serving, gen };
  }

  private common(cap: number, known: number): ScriptArgument[] {
    const { leaseMs, idleMs, awayMs } = this.rules;
    return [this.keys.prefix, cap, leaseMs, idleMs, Math.ceil(awayMs / 2), this.tokenLifeMs, known];
  }
}

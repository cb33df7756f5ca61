import { join } from 'node:path';
import type { WaitingRoomMetrics } from '../metrics';
import type { Redis, Script, ScriptArgument } from '../../../platform/redis/redis';
import { loadScript, RedisUnavailable } from '../../../platform/redis/redis';
import type { AdmissionState, ScriptLimit } from '../admission/policy';
import { AdmissionStore } from './admission-store';
import { ProofSpent } from '../errors';
import { queueKeys } from './keys';
import type { Entry } from './entry';
import { BITMAPS_A_CALL, ENTRIES_A_CALL, chunksOf } from './pieces';
import { RecoveryStore } from './recovery-store';
import {
  type AdmitReply,
  type FinishReply,
  LOST,
  type Numbers,
  readBitmaps,
  readChange,
  readAdmission,
  UNKNOWN,
} from './replies';
import type { QueueStatus } from '../schema';

export { LOST, UNKNOWN } from './replies';

export interface QueueRules {
  sessionMs: number;
  maxWaitMs: number;
  idleTimeoutMs: number;
  /** How long a waiter stays present after the store has heard of it: at least this long. */
  presenceTimeoutMs: number;
  admissionIntervalMs: number;
  /** How long a hold lasts, and within how long it is made or refused; a queue that sells nothing has none. */
  holdMs?: number;
  holdRequestMs?: number;
}

/** How far a queue has come. `seq`s up to `issued` are given out; those up to `serving` have had their turn. */
export interface QueueProgress {
  issued: number;
  headSeq: number;
  gen: number;
}

export interface IssuedEntry extends Entry {
  status: QueueStatus;
  headSeq: number;
  /** 0 unless inside. */
  sessionUntilMs: number;
  /** The user had no live place before. */
  isNew: boolean;
  /** The proof of work was spent before. */
  wasSpent: boolean;
}

export interface EntryStatus {
  status: QueueStatus;
  position: number;
  sessionUntilMs: number;
  nowMs: number;
  /** Whether it may make another hold: holds prolong a session, but not for ever. */
  mayHold: boolean;
}

export interface Admitted {
  admitted: number[];
  /** Waits of those admitted, as far as they are known. */
  waitsMs: number[];
}

export interface Tick extends Admitted {
  /** Places that leases and idleness have ended. */
  ended: number;
  idle: number;
  /** As many were admitted as one call may: there may be more to do at once. */
  more: boolean;
}

export interface Finished extends Admitted {
  /** When the sessions of those admitted end, milliseconds of Redis' clock. */
  deadlinesMs: number[];
  headSeq: number;
  nowMs: number;
  /** The turn was not DONE before. */
  isNew: boolean;
}

/** What has changed since a copy of the queue was taken; `whole`: everything, to begin the copy with. */
export interface SnapshotDelta extends QueueProgress {
  nowMs: number;
  epoch: number;
  version: number;
  active: number;
  rejoined: number;
  admittedTotal: number;
  whole: boolean;
  /** Entered, with the end of the lease, or left. */
  changes: { seq: number; sessionUntilMs: number | undefined }[];
  bitmaps: { epoch: number; segmentId: number; bitmap: Buffer }[];
  admission: AdmissionState;
}

export interface PresenceReport {
  /** Waiters seen: segment, first byte, bits from there. */
  bitmaps: [segmentId: number, firstByte: number, bits: Buffer][];
  /** Visitors inside who did something. */
  active: number[];
  /** The longest poll interval that was asked for. */
  longestPollIntervalMs: number;
}

/** A proof of work, and how long it must be remembered that it is spent. */
export interface SpentProof {
  id: string;
  lifeMs: number;
}

/** At most so many admissions in one script call: about 10 ms of Redis' time. */
const ADMIT_AT_MOST = 1000;

/** One queue's state in Redis. Every method is one atomic script, one round trip. @throws RedisUnavailable */
export class QueueStore {
  private readonly keys;
  private readonly scripts: Record<
    'issue' | 'resolve' | 'admit' | 'endSession' | 'extendSession' | 'snapshot' | 'flushPresence',
    Script
  >;
  readonly admission: AdmissionStore;
  private readonly recovery: RecoveryStore;

  constructor(
    private readonly redis: Redis,
    readonly queueId: string,
    readonly rules: QueueRules,
    metrics: WaitingRoomMetrics,
  ) {
    this.keys = queueKeys(queueId);
    const load = (file: string, replies?: 'buffers'): Script => {
      const duration = metrics.redisDuration.labels({ script: file.replace(/-\d+$/, '') });
      return loadScript(redis, join(__dirname, 'lua', file), (seconds) => duration.observe(seconds), replies);
    };
    this.scripts = {
      issue: load('issue-5'),
      resolve: load('resolve-5'),
      admit: load('admit-4'),
      endSession: load('end-session-4'),
      extendSession: load('extend-session-4'),
      snapshot: load('snapshot-4', 'buffers'),
      flushPresence: load('flush-presence-4'),
    };
    this.recovery = new RecoveryStore(
      { ends: load('import-ends-4'), register: load('register-4'), restore: load('restore-4') },
      (known, cap, own) => [this.keys.place, [...this.common(cap, known), ...own]],
      rules.maxWaitMs,
      (userId) => this.keys.users(userId),
    );
    this.admission = new AdmissionStore(
      {
        reportLoad: load('report-load-4'),
        applyDecision: load('apply-decision-4'),
        setOverride: load('set-override-4'),
      },
      (known, own) => [this.keys.place, [...this.common(0, known), ...own]],
    );
  }

  /**
   * Life of a token: the longest wait, and the longest session after it. Holds are made until the session has been
   * prolonged by one of them, and the last one lasts as long again (resolve-5.lua).
   */
  get tokenLifeMs(): number {
    return this.rules.maxWaitMs + this.rules.sessionMs + 2 * (this.rules.holdMs ?? 0);
  }

  /** @param proof what the entry costs; undefined: nothing @throws ProofSpent (403) */
  async issue(
    userId: number,
    cap: ScriptLimit,
    known: number,
    proof?: SpentProof,
  ): Promise<IssuedEntry | typeof LOST> {
    const keys = [...this.keys.place, this.keys.users(userId)];
    const own = [userId, this.rules.maxWaitMs, proof?.id ?? '', proof?.lifeMs ?? 0];
    const reply = await this.scripts.issue(keys, [...this.common(cap, known), ...own]);
    const [status, ...numbers] = reply as [QueueStatus | 'LOST' | 'SPENT', ...Numbers<7>];
    if (status === 'LOST') return LOST;
    if (status === 'SPENT') throw new ProofSpent();
    const [seq, gen, iatMs, serving, sessionUntilMs, isNew, wasSpent] = numbers;
    const place = { userId, seq, gen, iatMs };
    return {
      ...place,
      status,
      headSeq: serving,
      sessionUntilMs: sessionUntilMs,
      isNew: isNew === 1,
      wasSpent: wasSpent === 1,
    };
  }

  /**
   * Of all queues, the one that a proof of work is spent in: the first that claims it.
   * @throws RedisUnavailable
   */
  async claimProof({ id, lifeMs }: SpentProof, queueId: string): Promise<string> {
    try {
      return (await this.redis.set(this.keys.proof(id), queueId, 'PX', lifeMs, 'NX', 'GET')) ?? queueId;
    } catch (error) {
      throw new RedisUnavailable(error);
    }
  }

  /** @param isToHold it is asked for the sake of a hold that is to be made */
  async resolve(
    place: Entry,
    cap: ScriptLimit,
    known: number,
    isToHold = false,
  ): Promise<EntryStatus | typeof LOST | typeof UNKNOWN> {
    const { maxWaitMs, holdRequestMs = 0, holdMs = 0 } = this.rules;
    const keys = [...this.keys.place, this.keys.users(place.userId)];
    const limits = [place.iatMs + maxWaitMs, isToHold ? holdRequestMs : 0, holdMs];
    const own = [place.seq, place.gen, ...limits, place.userId, maxWaitMs];
    const reply = await this.scripts.resolve(keys, [...this.common(cap, known), ...own]);
    const [status, position, sessionUntilMs, nowMs, mayHold] = reply as [
      QueueStatus | 'LOST' | 'UNKNOWN',
      ...Numbers<4>,
    ];
    if (status === 'LOST') return LOST;
    if (status === 'UNKNOWN') return UNKNOWN;
    return { status, position, sessionUntilMs: sessionUntilMs, nowMs, mayHold: mayHold === 1 };
  }

  async admit(cap: ScriptLimit, known: number): Promise<Tick | typeof LOST> {
    const own = [this.rules.admissionIntervalMs, ADMIT_AT_MOST];
    const reply = await this.scripts.admit(this.keys.place, [...this.common(cap, known), ...own]);
    const [status, ended, idle, admitted, waitsMs] = reply as AdmitReply;
    return status === 'LOST'
      ? LOST
      : { ended, idle, admitted, waitsMs, more: admitted.length === ADMIT_AT_MOST };
  }

  /** Ends the turn of one who has paid. */
  async endSession(seq: number, cap: ScriptLimit, known: number): Promise<Finished | typeof LOST> {
    const reply = await this.scripts.endSession(this.keys.place, [
      ...this.common(cap, known),
      seq,
      ADMIT_AT_MOST,
    ]);
    const [status, serving, nowMs, admitted, waitsMs, isNew, deadlinesMs] = reply as FinishReply;
    return status === 'LOST'
      ? LOST
      : { headSeq: serving, nowMs, admitted, waitsMs, isNew: isNew === 1, deadlinesMs };
  }

  /** Prolongs the session of one who holds a seat. @returns its deadline, milliseconds of Redis' clock; 0: it has none */
  async extendSession(seq: number, holdMs: number, known = 0): Promise<number | typeof LOST> {
    const reply = await this.scripts.extendSession(this.keys.place, [...this.common(0, known), seq, holdMs]);
    const [status, sessionUntilMs] = reply as ['OK' | 'LOST', number];
    return status === 'LOST' ? LOST : sessionUntilMs;
  }

  /** What has changed since `version` of generation `gen`; from version 0 on, everything. */
  async snapshot(version: number, gen: number, known: number): Promise<SnapshotDelta | typeof LOST> {
    const reply = await this.scripts.snapshot(this.keys.place, [...this.common(0, known), version, gen]);
    const [status, ...rest] = reply as [
      Buffer,
      ...Numbers<10>,
      Buffer[],
      (number | Buffer)[],
      (Buffer | null)[],
    ];
    if (status.toString() === 'LOST') return LOST;
    const [
      nowMs,
      issued,
      serving,
      itsGen,
      epoch,
      newVersion,
      active,
      returned,
      admittedTotal,
      whole,
      changes,
      bitmaps,
      door,
    ] = rest;
    return {
      ...{
        nowMs,
        issued,
        headSeq: serving,
        gen: itsGen,
        epoch,
        version: newVersion,
        active,
        rejoined: returned,
        admittedTotal,
      },
      whole: whole === 1,
      changes: changes.map(readChange),
      bitmaps: readBitmaps(bitmaps),
      admission: readAdmission(door),
    };
  }

  /** Makes known who was seen. */
  async flushPresence(
    { bitmaps, active, longestPollIntervalMs }: PresenceReport,
    known: number,
  ): Promise<'OK' | typeof LOST> {
    const calls = [
      ...chunksOf(bitmaps, BITMAPS_A_CALL).map((some) => [
        longestPollIntervalMs,
        some.length,
        ...some.flat(),
      ]),
      ...chunksOf(active, ENTRIES_A_CALL).map((some) => [longestPollIntervalMs, 0, ...some]),
    ];
    if (calls.length === 0) calls.push([longestPollIntervalMs, 0]);
    for (const own of calls) {
      const reply = await this.scripts.flushPresence(this.keys.place, [...this.common(0, known), ...own]);
      if ((reply as ['OK' | 'LOST'])[0] === 'LOST') return LOST;
    }
    return 'OK';
  }

  /** See RecoveryStore. */
  async restore(...of: Parameters<RecoveryStore['restore']>): ReturnType<RecoveryStore['restore']> {
    return this.recovery.restore(...of);
  }

  /** See RecoveryStore. */
  async register(...of: Parameters<RecoveryStore['register']>): ReturnType<RecoveryStore['register']> {
    return this.recovery.register(...of);
  }

  private common(cap: ScriptLimit, known: number): ScriptArgument[] {
    const { sessionMs, idleTimeoutMs, presenceTimeoutMs } = this.rules;
    return [
      this.keys.prefix,
      cap,
      sessionMs,
      idleTimeoutMs,
      Math.ceil(presenceTimeoutMs / 2),
      this.tokenLifeMs,
      known,
    ];
  }
}

import { NO_TRACES, type Tracer } from '../../../platform/observability/traces/tracer';
import type { WaitingRoomMetrics } from '../metrics';
import { type Redis, RedisUnavailable } from '../../../platform/redis/redis';
import type { ScriptLimit } from '../admission/policy';
import { ProofSpent } from '../errors';
import { RecoveryStore } from '../recovery/recovery-store';
import { OpeningStore } from '../opening/store';
import type { QueueRules } from '../rules';
import { AdmissionStore } from './admission-store';
import { chunksOf } from '../../../common/pieces/chunks';
import { BITMAPS_PER_CALL, ENTRIES_PER_CALL, MAX_ADMISSIONS_PER_CALL } from './entries/chunks';
import type { Entry } from './entries/entry';
import { EntryBatches } from './entries/entry-batches';
import { type QueueKeys, queueKeys } from './keys';
import { SnapshotStore } from '../snapshot/snapshot-store';
import { readDrained, readTick } from './replies';
import type {
  DrainedLeaves,
  DrainRequest,
  DrawnMeanwhile,
  EndedSession,
  EntryStatus,
  IssuedEntry,
  NotIssuedHere,
  PresenceReport,
  SnapshotDelta,
  SpentProof,
  StateLost,
  Tick,
} from './results';
import { QueueScripts } from './scripts';

/**
 * One queue's state in Redis. Every method is one atomic script, one round trip; `issue`, `resolve`, `endSession` and
 * `extendSession` share it with all calls of the same moment. @throws RedisUnavailable
 */
export class QueueStore {
  private readonly keys: QueueKeys;
  private readonly scripts: QueueScripts;
  private readonly entries: EntryBatches;
  readonly admission: AdmissionStore;
  readonly opening: OpeningStore;
  private readonly recovery: RecoveryStore;
  private readonly snapshots: SnapshotStore;

  constructor(
    private readonly redis: Redis,
    readonly queueId: string,
    readonly rules: QueueRules,
    metrics: WaitingRoomMetrics,
    tracer: Tracer = NO_TRACES,
  ) {
    this.keys = queueKeys(queueId);
    this.scripts = new QueueScripts(redis, this.keys, rules, metrics, tracer);
    this.entries = new EntryBatches(this.scripts, rules, metrics, tracer);
    this.admission = new AdmissionStore(this.scripts);
    this.opening = new OpeningStore(redis, this.keys, this.scripts);
    this.recovery = new RecoveryStore(this.scripts, rules.maxWaitMs);
    this.snapshots = new SnapshotStore(redis, this.keys, this.scripts);
  }

  get tokenLifeMs(): number {
    return this.scripts.tokenLifeMs;
  }

  /**
   * @param proof what the entry costs; undefined: nothing
   * @param drawnSeq the number that a draw has given to the user's entry
   * @returns the number that the entry had before the draw if `drawnSeq` is missing
   * @throws ProofSpent (403)
   */
  async issue(
    userId: number,
    limit: ScriptLimit,
    known: number,
    proof?: SpentProof,
    drawnSeq?: number,
  ): Promise<IssuedEntry | StateLost | { drawnSeq: number }> {
    const issued = await this.entries.issue({ userId, limit, known, proof, drawnSeq });
    if (issued === 'proof-spent') throw new ProofSpent();
    return issued;
  }

  /**
   * Claims a proof for a queue; the first queue that claims it keeps it.
   * @returns the queue that has it
   * @throws RedisUnavailable
   */
  async claimProof({ id, lifeMs }: SpentProof, queueId: string): Promise<string> {
    try {
      return (await this.redis.set(this.keys.proof(id), queueId, 'PX', lifeMs, 'NX', 'GET')) ?? queueId;
    } catch (error) {
      throw new RedisUnavailable(error);
    }
  }

  /**
   * The status of an entry; the call counts as a poll.
   * @param isToHold the user is about to make a hold
   */
  async resolve(
    entry: Entry,
    limit: ScriptLimit,
    known: number,
    isToHold = false,
  ): Promise<EntryStatus | StateLost | NotIssuedHere | DrawnMeanwhile> {
    return this.entries.resolve({ entry, limit, known, isToHold });
  }

  /** Ends what is past and admits the next entries. */
  async admit(limit: ScriptLimit, known: number): Promise<Tick | StateLost> {
    const own = [this.rules.admissionIntervalMs, MAX_ADMISSIONS_PER_CALL];
    return readTick(await this.scripts.run('admit', { known, limit, own }));
  }

  /** Ends the session of a user who has paid. */
  async endSession(seq: number, limit: ScriptLimit, known: number): Promise<EndedSession | StateLost> {
    return this.entries.endSession({ seq, limit, known });
  }

  /** Prolongs the session of a user who holds a seat. @returns its deadline, milliseconds of Redis' clock; 0: it has none */
  async extendSession(seq: number, holdMs: number, known = 0): Promise<number | StateLost> {
    return this.entries.extendSession({ seq, holdMs, limit: 0, known });
  }

  /** See SnapshotStore. */
  async snapshot(version: number, gen: number, known: number): Promise<SnapshotDelta | StateLost> {
    return this.snapshots.read(version, gen, known);
  }

  /** Reports who was seen. */
  async flushPresence(report: PresenceReport, known: number): Promise<'OK' | StateLost> {
    const { bitmaps, active, longestPollIntervalMs } = report;
    const calls = [
      ...chunksOf(bitmaps, BITMAPS_PER_CALL).map((chunk) => [chunk.length, ...chunk.flat()]),
      ...chunksOf(active, ENTRIES_PER_CALL).map((chunk) => [0, ...chunk]),
    ];
    if (calls.length === 0) calls.push([0]);
    for (const call of calls) {
      const own = [longestPollIntervalMs, ...call];
      const [status] = (await this.scripts.run('flushPresence', { known, own })) as ['OK' | StateLost];
      if (status === 'state-lost') return status;
    }
    return 'OK';
  }

  /** Leaves of the transparency log that are not durable yet. @param anchor the last durable one; undefined: there is none */
  async drainLeaves(
    { anchor, max, saysState }: DrainRequest,
    known: number,
  ): Promise<DrainedLeaves | StateLost> {
    const own = [anchor ?? '', max, saysState ? 1 : 0];
    return readDrained(await this.scripts.run('drainLeaves', { known, own }));
  }

  /** See RecoveryStore. */
  async restore(...of: Parameters<RecoveryStore['restore']>): ReturnType<RecoveryStore['restore']> {
    return this.recovery.restore(...of);
  }

  /** See RecoveryStore. */
  async addExpired(...of: Parameters<RecoveryStore['addExpired']>): ReturnType<RecoveryStore['addExpired']> {
    return this.recovery.addExpired(...of);
  }

  /** See RecoveryStore. */
  async register(...of: Parameters<RecoveryStore['register']>): ReturnType<RecoveryStore['register']> {
    return this.recovery.register(...of);
  }
}

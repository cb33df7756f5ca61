import { Metrics } from '../../../src/platform/observability/metrics';
import type { Redis } from '../../../src/platform/redis/redis';
import { WaitingRoomMetrics } from '../../../src/modules/waiting-room/metrics';
import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import type {
  DrawnMeanwhile,
  EntryStatus,
  IssuedEntry,
  NotIssuedHere,
  SnapshotDelta,
  StateLost,
  Tick,
} from '../../../src/modules/waiting-room/state/results';
import { QueueStore } from '../../../src/modules/waiting-room/state/store';
import { uniqueQueueId } from '../config';

const RULES: QueueRules = {
  sessionMs: 60_000,
  maxWaitMs: 60_000,
  idleTimeoutMs: 0,
  presenceTimeoutMs: 60_000,
  admissionIntervalMs: 0,
};

/** A queue whose scripts a test calls without a process between. */
export class ScriptQueue {
  constructor(
    readonly store: QueueStore,
    readonly limit: number,
  ) {}

  async issue(userId: number, known = 0): Promise<IssuedEntry> {
    const issued = must(await this.store.issue(userId, this.limit, known));
    if ('drawnSeq' in issued) throw new Error('A draw has given the entry another number.');
    return issued;
  }

  async resolve(entry: IssuedEntry): Promise<EntryStatus> {
    return must(await this.store.resolve(entry, this.limit, 0));
  }

  async status(entry: IssuedEntry): Promise<string> {
    const { status, position } = await this.resolve(entry);
    return status === 'WAITING' ? `WAITING ${position}` : status;
  }

  /** As the check before a hold calls it. */
  async toHold(entry: IssuedEntry): Promise<string> {
    const { status, mayHold } = must(await this.store.resolve(entry, this.limit, 0, true));
    return mayHold ? status : `${status}, no more holds`;
  }

  async snapshot(): Promise<SnapshotDelta> {
    return must(await this.store.snapshot(0, 0, 0));
  }

  async admit(): Promise<Tick> {
    return must(await this.store.admit(this.limit, 0));
  }
}

/** Makes queues with a state, and a limit of 2 unless said otherwise. */
export function useScriptQueues(
  redis: Redis,
): (rules?: Partial<QueueRules>, limit?: number) => Promise<ScriptQueue> {
  return async (rules = {}, limit = 2) => {
    const metrics = new WaitingRoomMetrics(new Metrics());
    const store = new QueueStore(redis, uniqueQueueId(), { ...RULES, ...rules }, metrics);
    await store.restore({ issued: 0, headSeq: 0, gen: 0 }, limit, []);
    return new ScriptQueue(store, limit);
  };
}

export function must<T>(reply: T | StateLost | NotIssuedHere | DrawnMeanwhile): T {
  if (reply === 'state-lost' || reply === 'not-issued-here' || reply === 'drawn')
    throw new Error('The state is lost, or the token was not issued here.');
  return reply;
}

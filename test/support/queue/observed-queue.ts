import { createLogger } from '../../../src/platform/observability/logger';
import { Metrics } from '../../../src/platform/observability/metrics';
import type { Redis } from '../../../src/platform/redis/redis';
import { type AdmissionPolicy, FixedLimit } from '../../../src/modules/waiting-room/admission/policy';
import { WaitingRoomMetrics } from '../../../src/modules/waiting-room/metrics';
import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import type { Entry } from '../../../src/modules/waiting-room/state/entries/entry';
import type { QueueProgress } from '../../../src/modules/waiting-room/state/results';
import { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { Rooms } from '../rows/rooms';

export const OBSERVED_RULES: QueueRules = {
  sessionMs: 60_000,
  maxWaitMs: 600_000,
  idleTimeoutMs: 0,
  presenceTimeoutMs: 30_000,
  admissionIntervalMs: 100,
};

/** Nobody is admitted in this time after a restore (FREEZE_MS in common.lua). */
export const FREEZE_MS = 2000;

/** A queue with one process whose metrics and log can be read. */
export class ObservedQueue {
  readonly rooms: Rooms;
  readonly metrics = new WaitingRoomMetrics(new Metrics());
  readonly logged: Record<string, unknown>[] = [];
  readonly room: WaitingRoom;

  constructor(
    redis: Redis,
    limit: number,
    rules: Partial<QueueRules> = {},
    policy: AdmissionPolicy = new FixedLimit(limit),
  ) {
    this.rooms = new Rooms(redis, { ...OBSERVED_RULES, ...rules }, limit);
    const logger = createLogger('info', 'test', {
      write: (text) => void this.logged.push(JSON.parse(text) as Record<string, unknown>),
    });
    this.room = new WaitingRoom(this.rooms.store, policy, this.rooms.repository, this.metrics, logger);
  }

  /** A metric's value; of several the one with this label. */
  async metric(name: string, label?: string): Promise<number | undefined> {
    const found = await this.metrics.registry.getSingleMetric(name)?.get();
    const one = (found?.values ?? []).find(
      ({ labels }) => label === undefined || Object.values(labels).includes(label),
    );
    const isOfThisQueue = one === undefined || Object.values(one.labels).includes(this.rooms.queueId);
    return isOfThisQueue ? one?.value : NaN;
  }

  /** Issues entries to users 1 to `count`. */
  async issue(count: number): Promise<Entry[]> {
    const entries = [];
    for (let user = 1; user <= count; user++) entries.push(await this.room.entries.issue(user));
    return entries;
  }

  /** The progress that the process knows. */
  async progress(): Promise<QueueProgress | undefined> {
    await this.room.save();
    return this.rooms.repository.find();
  }
}

/** What a poll answers, as one text. */
export function pollStatus(room: WaitingRoom, entry: Entry): string {
  const answer = room.poll(entry);
  return answer?.status === 'WAITING' ? `WAITING ${answer.position}` : (answer?.status ?? 'ask Redis');
}

type ObservedQueueArguments = [limit: number, rules?: Partial<QueueRules>, policy?: AdmissionPolicy];

/** For a `describe`: makes queues, and deletes their keys after each test. */
export function useObservedQueues(redis: Redis): (...of: ObservedQueueArguments) => ObservedQueue {
  const opened: ObservedQueue[] = [];
  afterEach(async () => {
    for (const { rooms } of opened.splice(0)) await rooms.lose();
  });
  return (...of) => {
    const queue = new ObservedQueue(redis, ...of);
    opened.push(queue);
    return queue;
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { queueKeys } from '../../../src/modules/waiting-room/state/keys.ts';
import type { Admission } from './evidence.ts';
import type { History } from './history.ts';
import type { RedisServer } from '../system/redis.ts';

const EVERY_MS = 40;

/**
 * Reads the waiting room's own log, in which every admission and every leave has a number: between two looks nothing
 * is missed. After a loss of Redis the log starts again, and so does this.
 */
export class AdmissionWatch {
  readonly admissions: Admission[] = [];
  mostActive = 0;
  private order = 0;
  private version = 0;
  private gen = 0;
  private isOver = false;
  private watching: Promise<void> = Promise.resolve();
  private readonly redis: RedisServer;
  private readonly history: History;
  private readonly keys: { state: string; active: string; log: string };

  constructor(redis: RedisServer, history: History, queueId = 'main') {
    this.redis = redis;
    this.history = history;
    const { state, active, prefix } = queueKeys(queueId);
    this.keys = { state, active, log: `${prefix}log` };
  }

  start(): void {
    this.watching = this.watch();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.watching;
  }

  private async watch(): Promise<void> {
    const redis = this.redis.connect();
    while (!this.isOver) {
      await this.look(redis).catch(() => undefined); // away
      await sleep(EVERY_MS);
    }
    redis.disconnect();
  }

  private async look(redis: ReturnType<RedisServer['connect']>): Promise<void> {
    const { state, active, log } = this.keys;
    const now = Date.now();
    const replies = await redis
      .multi()
      .hmget(state, 'gen', 'version')
      .zrange(log, `(${this.version}`, '+inf', 'BYSCORE')
      .zrange(active, '0', '-1')
      .zcount(active, `(${now}`, '+inf')
      .exec();
    const [[, [gen, version]], [, changes], [, activeSeqs], [, count]] = replies as [
      [null, [string | null, string | null]],
      [null, string[]],
      [null, string[]],
      [null, number],
    ];
    if (gen === null || version === null) return;
    this.mostActive = Math.max(this.mostActive, count);
    const isAnew = Number(gen) !== this.gen || Number(version) < this.version;
    if (isAnew) this.begin(activeSeqs, Number(gen));
    else for (const change of changes) this.add(change);
    this.version = Number(version);
  }

  /** Another history: its active users count from now on. */
  private begin(activeSeqs: string[], gen: number): void {
    const before = new Set<number>();
    for (const { seq, entered } of this.admissions) {
      if (entered) before.add(seq);
      else before.delete(seq);
    }
    const now = new Set(activeSeqs.map(Number));
    for (const seq of before) if (!now.has(seq)) this.add(`-${seq}:0`);
    for (const seq of now) if (!before.has(seq)) this.add(`+${seq}:0`);
    this.gen = gen;
  }

  private add(change: string): void {
    const seq = Number(change.slice(1, change.indexOf(':')));
    this.admissions.push({
      order: ++this.order,
      seq,
      entered: change.startsWith('+'),
      atMs: this.history.nowMs,
    });
  }
}

import { type Redis, RedisUnavailable } from '../../../platform/redis/redis';
import type { QueueKeys } from '../state/keys';
import { readDelta } from '../state/replies';
import type { SnapshotDelta, StateLost } from '../state/results';
import type { QueueScripts } from '../state/scripts';

/** Most active entries in one reply: about 10 ms of Redis' time. A million in one script would keep it from all else for seconds. */
const MAX_LISTED = 10_000;

/** Reads one queue for snapshots. @throws RedisUnavailable */
export class SnapshotStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: QueueKeys,
    private readonly scripts: QueueScripts,
  ) {}

  /** What has changed since `version` of generation `gen`; everything since version 0. */
  async read(version: number, gen: number, known: number): Promise<SnapshotDelta | StateLost> {
    const delta = await this.ask(version, gen, known);
    if (delta === 'state-lost' || delta.isListed) return delta;
    const active = await this.activeSessions();
    // What has changed while they were read; and whether the state is still the same one, else some may be missing.
    const later = await this.ask(delta.version, delta.gen, known);
    if (later === 'state-lost') return later;
    if (later.gen !== delta.gen) return this.read(version, gen, known);
    if (later.whole) return { ...delta, changes: active }; // too many changes to be listed: the next read is whole again
    return {
      ...later,
      whole: true,
      changes: active.concat(later.changes),
      bitmaps: delta.bitmaps.concat(later.bitmaps),
    };
  }

  private async ask(
    version: number,
    gen: number,
    known: number,
  ): Promise<ReturnType<typeof readDelta> | StateLost> {
    return readDelta(await this.scripts.run('snapshot', { known, own: [version, gen, MAX_LISTED] }));
  }

  /** In pages. A session that begins or ends meanwhile may be there or not. */
  private async activeSessions(): Promise<SnapshotDelta['changes']> {
    const sessions: SnapshotDelta['changes'] = [];
    let cursor = '0';
    do {
      const [next, seqsAndDeadlines] = await this.page(cursor);
      for (let i = 0; i + 1 < seqsAndDeadlines.length; i += 2)
        sessions.push({ seq: Number(seqsAndDeadlines[i]), sessionUntilMs: Number(seqsAndDeadlines[i + 1]) });
      cursor = next;
    } while (cursor !== '0');
    return sessions;
  }

  private async page(cursor: string): Promise<[string, string[]]> {
    try {
      return await this.redis.zscan(this.keys.active, cursor, 'COUNT', MAX_LISTED);
    } catch (error) {
      throw new RedisUnavailable(error);
    }
  }
}

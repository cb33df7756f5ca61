import { join } from 'node:path';
import { Lifecycle, scoped } from 'tsyringe';
import { loadScript, mastersOf, Redis, RedisUnavailable, type Script } from '../../platform/redis/redis';
import { isUnsafe, readEvictions } from '../../platform/redis/eviction';
import { queueKeys } from '../waiting-room/state/keys';
import { type QueueState, type Row, ROWS_SHOWN } from './schema';

const SCAN_COUNT = 1000;

/** Reads the state of the queues without changing it. @throws RedisUnavailable */
@scoped(Lifecycle.ContainerScoped)
export class InvariantStore {
  private readonly look: Script;
  /** By queue: cursor of the scan over its active users, and the seqs above headSeq that it has seen. */
  private readonly scans = new Map<string, { cursor: string; suspects: Set<string> }>();

  constructor(private readonly redis: Redis) {
    this.look = loadScript(redis, join(__dirname, 'lua', 'inspect-3'), () => undefined);
  }

  /** Every queue that there is: walks over all keys of this Redis. */
  async queueIds(): Promise<string[]> {
    const ids = new Set<string>();
    for (const node of mastersOf(this.redis))
      for (const pattern of [queueKeys('*').state, queueKeys('*').active]) {
        let cursor = '0';
        do {
          const [next, keys] = await scan(node, cursor, pattern);
          for (const key of keys) ids.add(key.slice(key.indexOf('{') + 1, key.lastIndexOf('}')));
          cursor = next;
        } while (cursor !== '0');
      }
    return [...ids].sort();
  }

  /** Masters whose maxmemory-policy is not noeviction. */
  async mastersThatMayEvict(): Promise<Row[]> {
    return (await readEvictions(this.redis))
      .filter(isUnsafe)
      .map(({ master, policy = null, evictedKeys }) => ({ master, policy, evictedKeys }));
  }

  /** @param pages most pages of active users to read at once; the next call goes on behind them */
  async state(queueId: string, pages = Infinity): Promise<QueueState> {
    const { state, active: activeKey, rejoined } = queueKeys(queueId);
    const suspects = await this.activeAboveServing(queueId, { state, active: activeKey }, pages);
    const reply = await this.look([state, activeKey, rejoined], [ROWS_SHOWN + 1, ...suspects]);
    const [issued, headSeq, active, tooEarly, limitAtAdmission] = reply as [
      number,
      number,
      number,
      number[],
      number,
    ];
    const confirmed = new Set(tooEarly.map(String));
    for (const seq of suspects) if (!confirmed.has(seq)) suspects.delete(seq);
    const known = (n: number): number | undefined => (n < 0 ? undefined : n);
    return {
      queueId,
      issued: known(issued),
      headSeq: known(headSeq),
      active,
      tooEarly,
      limitAtAdmission: known(limitAtAdmission),
    };
  }

  /**
   * A page at a time: a script that read all active users would keep Redis from everything else. Serving is read after
   * each page, so that nobody admitted in the meantime is suspected; the script looks at suspects again.
   */
  private async activeAboveServing(
    queueId: string,
    { state, active }: { state: string; active: string },
    pages: number,
  ): Promise<Set<string>> {
    const scan = this.scans.get(queueId) ?? { cursor: '0', suspects: new Set() };
    this.scans.set(queueId, scan);
    for (let page = 0; page < pages; page++) {
      const [next, seqsAndScores, headSeq] = await activePage(this.redis, state, active, scan.cursor);
      for (let i = 0; i < seqsAndScores.length; i += 2) {
        const seq = seqsAndScores[i] ?? '';
        if (Number(seq) > headSeq && scan.suspects.size <= ROWS_SHOWN) scan.suspects.add(seq);
      }
      scan.cursor = next;
      if (next === '0') break;
    }
    return scan.suspects;
  }
}

/** @returns the next cursor, seqs and scores in turn, and headSeq as it was afterwards (Infinity: not known) */
async function activePage(
  redis: Redis,
  state: string,
  active: string,
  cursor: string,
): Promise<[string, string[], number]> {
  try {
    const [next, seqsAndScores] = await redis.zscan(active, cursor, 'COUNT', SCAN_COUNT);
    const headSeq = await redis.hget(state, 'headSeq');
    return [next, seqsAndScores, headSeq === null ? Infinity : Number(headSeq)];
  } catch (error) {
    throw new RedisUnavailable(error);
  }
}

async function scan(node: Redis, cursor: string, pattern: string): Promise<[string, string[]]> {
  try {
    return await node.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
  } catch (error) {
    throw new RedisUnavailable(error);
  }
}

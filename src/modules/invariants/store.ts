import { join } from 'node:path';
import { loadScript, mastersOf, type Redis, RedisUnavailable, type Script } from '../../infra/redis';
import { queueKeys } from '../queue/keys';
import { type QueueState, ROWS_SHOWN } from './schema';

const SCAN_COUNT = 1000;

/** Looks at the waiting rooms without touching them. @throws RedisUnavailable */
export class InvariantStore {
  private readonly look: Script;

  constructor(private readonly redis: Redis) {
    this.look = loadScript(redis, join(__dirname, 'lua', 'look-3'), () => undefined);
  }

  /** Every queue that there is: walks over all keys of this Redis. */
  async queueIds(): Promise<string[]> {
    const ids = new Set<string>();
    for (const node of mastersOf(this.redis))
      for (const pattern of queueKeys('*').place.slice(0, 2)) {
        let cursor = '0';
        do {
          const [next, keys] = await scan(node, cursor, pattern);
          for (const key of keys) ids.add(key.slice(key.indexOf('{') + 1, key.lastIndexOf('}')));
          cursor = next;
        } while (cursor !== '0');
      }
    return [...ids].sort();
  }

  async state(queueId: string): Promise<QueueState> {
    const [state = '', active = '', , returned = ''] = queueKeys(queueId).place;
    const reply = await this.look([state, active, returned], [ROWS_SHOWN + 1]);
    const [issued, serving, inside, tooEarly, capAt] = reply as [number, number, number, number[], number];
    const known = (n: number): number | undefined => (n < 0 ? undefined : n);
    return { queueId, issued: known(issued), serving: known(serving), inside, tooEarly, capAt: known(capAt) };
  }
}

async function scan(node: Redis, cursor: string, pattern: string): Promise<[string, string[]]> {
  try {
    return await node.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
  } catch (error) {
    throw new RedisUnavailable(error);
  }
}

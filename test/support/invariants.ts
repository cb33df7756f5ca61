import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '../../src/platform/database/database';
import type { Redis } from '../../src/platform/redis/redis';
import { checkInvariants } from '../../src/modules/invariants/service';
import { testConfig } from './config';

/** Tests beside this one make their rows in several steps: what breaks an invariant must still do so after this. */
const PATIENCE_MS = 240_000;
const PAUSE_MS = 100;

/**
 * Fails with the offending rows unless every invariant is kept, on the whole database and, when `redis` and
 * `queueIds` are given, in those queues. Warnings (holds not swept yet) do not count.
 */
export async function expectInvariants(
  o: {
    database?: Database;
    redis?: Redis;
    queueIds?: string[];
  } = {},
): Promise<void> {
  const { DATABASE_URL: url } = testConfig();
  const database = o.database ?? new Database({ url, poolMax: 1, acquireMs: 240_000, timeoutMs: 240_000 });
  try {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const { ok, results } = await checkInvariants({ ...o, database });
      if (ok || performance.now() > until) {
        expect(results.filter(({ verdict }) => verdict === 'violated' || verdict === 'unknown')).toEqual([]);
        return;
      }
      await sleep(PAUSE_MS);
    }
  } finally {
    if (o.database === undefined) await database.close();
  }
}

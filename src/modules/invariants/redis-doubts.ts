import { findingOf, type InvariantRepository } from './repository';
import type { Finding, QueueState } from './schema';
import type { InvariantStore } from './store';

/** Once Redis has evicted a key, it is unknown whose turn it was. */
export async function mayForget(store: InvariantStore): Promise<Finding[]> {
  const masters = await store.mastersThatMayEvict().catch(() => undefined);
  const finding = findingOf(
    {
      what:
        masters === undefined
          ? 'Redis refuses to tell its maxmemory-policy (it must be noeviction)'
          : 'Redis masters that may evict keys (maxmemory-policy must be noeviction)',
      severity: 'warning',
    },
    masters ?? [{ command: 'INFO memory' }],
  );
  return finding === undefined ? [] : [finding];
}

/**
 * Queues of which nothing could be checked, because this Redis has no state of them: it may be another one than the product's.
 * Unless queues are named, those of the database count, and only if Redis has none at all: some may be out of use.
 */
export async function queuesWithoutState(
  repository: InvariantRepository,
  states: QueueState[],
  named: string[] | undefined,
): Promise<Finding[]> {
  const wanted = named ?? (states.length === 0 ? await repository.queueIds() : []);
  const ids = wanted.filter((id) => states.every((one) => one.queueId !== id || one.issued === undefined));
  const finding = findingOf(
    {
      what: 'queues that this Redis does not have (is REDIS_URL the one of the product?)',
      severity: 'warning',
    },
    ids.map((queueId) => ({ queueId })),
  );
  return finding === undefined ? [] : [finding];
}

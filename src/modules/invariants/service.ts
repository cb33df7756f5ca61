import type { Config } from '../../config';
import type { Database } from '../../infra/database';
import { describeDatabaseError } from '../../infra/database-ready';
import type { Redis } from '../../infra/redis';
import { allChecks } from './checks';
import { disorderedQueues, overfullQueues } from './checks/queues';
import { InvariantRepository } from './repository';
import {
  type Finding,
  type InvariantId,
  type InvariantReport,
  type InvariantResult,
  INVARIANTS,
  type QueueState,
  type SqlCheck,
  type Verdict,
} from './schema';
import { InvariantStore } from './store';

export interface Checked {
  /** The application's own rights are enough. */
  database: Database;
  /** Without it the queues are skipped. */
  redis?: Redis | undefined;
  /** The queues to look at; without it all that there are. */
  queueIds?: string[] | undefined;
  config: Pick<Config, 'HOLD_SECONDS' | 'QUEUE_MAX_ACTIVE' | 'QUEUES'>;
}

/**
 * Checks every invariant that the state can show, each in one consistent snapshot, under live traffic too.
 * Does not throw: where the database or Redis cannot be asked, or refuses, the verdict is `unknown`.
 */
export async function checkInvariants({
  database,
  redis,
  queueIds,
  config,
}: Checked): Promise<InvariantReport> {
  const repository = new InvariantRepository(database);
  const checks = allChecks(config.HOLD_SECONDS);
  const results: InvariantResult[] = [];
  for (const id of Object.keys(INVARIANTS) as InvariantId[]) {
    const own = checks.filter(({ invariant }) => invariant === id);
    if (own.length > 0) results.push(await judge(id, () => findAll(repository, own)));
  }
  results.push(...(await judgeQueues(redis, queueIds, config)));
  results.sort((a, b) => a.id.localeCompare(b.id));
  return { ok: results.every(({ verdict }) => verdict !== 'violated' && verdict !== 'unknown'), results };
}

/** One after the other: a check must not take more than one of the application's connections. */
async function findAll(repository: InvariantRepository, checks: SqlCheck[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    const finding = await repository.find(check);
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

async function judgeQueues(
  redis: Redis | undefined,
  queueIds: string[] | undefined,
  caps: Pick<Config, 'QUEUE_MAX_ACTIVE' | 'QUEUES'>,
): Promise<InvariantResult[]> {
  if (redis === undefined)
    return (['I6', 'I7'] as const).map((id) => ({
      ...blank(id),
      verdict: 'skipped',
      reason: 'no Redis to look at',
    }));
  const store = new InvariantStore(redis);
  const look = async (): Promise<QueueState[]> => {
    const states: QueueState[] = [];
    for (const queueId of queueIds ?? (await store.queueIds())) states.push(await store.state(queueId));
    return states;
  };
  const states = look();
  return Promise.all([
    judge('I6', async () => overfullQueues(await states, caps)),
    judge('I7', async () => disorderedQueues(await states)),
  ]);
}

const blank = (id: InvariantId): InvariantResult => ({
  id,
  about: INVARIANTS[id],
  verdict: 'ok',
  findings: [],
});

async function judge(id: InvariantId, find: () => Promise<Finding[]>): Promise<InvariantResult> {
  try {
    const findings = await find();
    return { ...blank(id), verdict: verdictOn(findings), findings };
  } catch (error) {
    return { ...blank(id), verdict: 'unknown', reason: describeDatabaseError(error) };
  }
}

function verdictOn(findings: Finding[]): Verdict {
  if (findings.length === 0) return 'ok';
  return findings.some(({ severity }) => severity === 'violation') ? 'violated' : 'warning';
}

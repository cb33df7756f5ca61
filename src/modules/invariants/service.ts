import type { Config } from '../../config';
import type { Database } from '../../infra/database';
import { describeDatabaseError } from '../../infra/database-ready';
import type { Redis } from '../../infra/redis';
import { allChecks, type CheckConfig } from './checks';
import { deliveredInVain } from './checks/events';
import { disorderedQueues, overfullQueues } from './checks/queues';
import type { EventsInKafka, Whereabouts } from './events-in-kafka';
import { findingOf, InvariantRepository } from './repository';
import {
  type Finding,
  type InvariantId,
  type InvariantReport,
  type InvariantResult,
  INVARIANTS,
  type QueueState,
  type Row,
  type SqlCheck,
  type Verdict,
} from './schema';
import { InvariantStore } from './store';

export interface Checked {
  /** The application's own rights are enough. */
  database: Database;
  /** Without it the queues are skipped. */
  redis?: Redis | undefined;
  /** Without it only the database is asked what became of events. */
  kafka?: EventsInKafka | undefined;
  /** The queues to look at; without it all that there are. */
  queueIds?: string[] | undefined;
  config: CheckConfig & Pick<Config, 'QUEUE_MAX_ACTIVE' | 'QUEUES'>;
}

/**
 * Checks every invariant that the state can show, each in one consistent snapshot, under live traffic too.
 * Does not throw: where the database or Redis cannot be asked, or refuses, the verdict is `unknown`.
 */
export async function checkInvariants({
  database,
  redis,
  kafka,
  queueIds,
  config,
}: Checked): Promise<InvariantReport> {
  const repository = new InvariantRepository(database);
  const checks = allChecks(config);
  const results: InvariantResult[] = [];
  for (const id of Object.keys(INVARIANTS) as InvariantId[]) {
    const own = checks.filter(({ invariant }) => invariant === id);
    const ask = id === 'I5' && kafka ? findEvents(repository, own, kafka) : () => findAll(repository, own);
    if (own.length > 0) results.push(await judge(id, ask));
  }
  results.push(...(await judgeQueues(redis, queueIds, config)));
  results.sort((a, b) => a.id.localeCompare(b.id));
  return { ok: results.every(({ verdict }) => verdict !== 'violated' && verdict !== 'unknown'), results };
}

/** Undelivered in Kafka at once; more are a heap whatever they are. */
const EVENTS_MOST = 10_000;

/** One after the other: a check must not take more than one of the application's connections. */
async function findAll(repository: InvariantRepository, checks: SqlCheck[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    const finding = await repository.find(check);
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

/**
 * With Kafka an event that was delivered and has not acted may wait there, or have been given up there. Asked of the
 * database first: what acts meanwhile is no longer in Kafka, and is not taken for lost.
 */
const findEvents =
  (repository: InvariantRepository, checks: SqlCheck[], kafka: EventsInKafka) =>
  async (): Promise<Finding[]> => {
    const findings = await findAll(
      repository,
      checks.filter(({ along }) => along !== 'outbox'),
    );
    const inVain = deliveredInVain();
    const missing = (await kafka.missingTopics()).map((topic) => ({ topic }));
    const idle = await repository.rows(inVain, EVENTS_MOST);
    const isThere = idle.length > 0 && missing.length === 0;
    const where = isThere ? await kafka.whereabouts() : new Map<string, Whereabouts>();
    // Once more: what has acted since then has left Kafka.
    const still = new Set((await repository.rows(inVain, EVENTS_MOST)).map(({ eventId }) => eventId));
    const of = (wanted: Whereabouts | undefined): Row[] =>
      idle.filter(({ eventId }) => still.has(eventId ?? null) && where.get(String(eventId)) === wanted);
    return [
      ...findings,
      findingOf(
        { what: 'topics that Kafka does not have (has a worker ever run?)', severity: 'warning' },
        missing,
      ),
      findingOf({ what: `${inVain.what}, and Kafka has them no more` }, of(undefined)),
      findingOf({ what: 'events given up (DLQ.permanent)', severity: 'warning' }, of('given up')),
    ].filter((finding) => finding !== undefined);
  };

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

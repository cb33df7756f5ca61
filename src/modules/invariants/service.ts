import type { Database } from '../../platform/database/database';
import { describeDatabaseError } from '../../platform/database/connection/ready';
import type { Redis } from '../../platform/redis/redis';
import { allChecks } from './checks';
import { deliveredWithoutEffect, deliveredToKafkaWithoutEffect } from './checks/events';
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
  ROWS_SHOWN,
  type Row,
  type InvariantStatus,
} from './schema';
import { mayForget, queuesWithoutState } from './redis-doubts';
import { InvariantStore } from './store';
import { isChunked, scanWholeTables, type Outcome, type ScanProgress } from './whole-tables';

export interface Checked {
  /** The application's own rights are enough. */
  database: Database;
  /** Without it the queues are skipped. */
  redis?: Redis | undefined;
  /** Without it the fate of events that were delivered to Kafka and have not acted is unknown. */
  kafka?: EventsInKafka | undefined;
  /** The queues to look at; without it all that there are. */
  queueIds?: string[] | undefined;
  progress?: ScanProgress | undefined;
}

/**
 * Checks every invariant that the state can show, under live traffic too. Depends on what is stored alone, not on the
 * configuration of the process that runs the check.
 * Does not throw: where the database or Redis cannot be reached, or refuses, the verdict is `unknown`.
 */
export async function checkInvariants({
  database,
  redis,
  kafka,
  queueIds,
  progress,
}: Checked): Promise<InvariantReport> {
  const repository = new InvariantRepository(database);
  const checks = allChecks();
  const outcomes = await scanWholeTables(repository, checks.filter(isChunked), progress);
  for (const check of checks.filter((one) => !isChunked(one)))
    outcomes.set(check, await wholeOutcome(() => repository.rows(check, ROWS_SHOWN + 1)));
  const results: InvariantResult[] = [];
  for (const id of Object.keys(INVARIANTS) as InvariantId[]) {
    const own = [...outcomes].filter(([{ invariant }]) => invariant === id);
    if (own.length === 0) continue;
    const error = own.map(([, outcome]) => outcome.error).find((one) => one !== undefined);
    const findings = own.flatMap(([check, { rows }]) => findingOf(check, rows) ?? []);
    const parts = [{ findings, ...(error !== undefined && { reason: describeDatabaseError(error) }) }];
    if (id === 'I5') parts.push(await (kafka === undefined ? eventsUnasked : eventsAsked(kafka))(repository));
    results.push(resultOf(id, parts));
  }
  for (const result of await judgeQueues(repository, redis, queueIds)) results.push(result);
  results.sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
  return { ok: results.every(({ verdict }) => verdict !== 'violated' && verdict !== 'unknown'), results };
}

/** Undelivered in Kafka at once; more are a heap whatever they are. */
const EVENTS_MOST = 10_000;

/** Offending rows, and why there may be more that nobody could find. */
interface Found {
  findings: Finding[];
  reason?: string;
}

async function wholeOutcome(ask: () => Promise<Row[]>): Promise<Outcome> {
  try {
    return { rows: await ask() };
  } catch (error) {
    return { rows: [], error };
  }
}

async function found(find: () => Promise<Found>): Promise<Found> {
  try {
    return await find();
  } catch (error) {
    return { findings: [], reason: describeDatabaseError(error) };
  }
}

/** Events that were delivered to Kafka and have not acted may wait there; without Kafka nobody can tell. */
const eventsUnasked = (repository: InvariantRepository): Promise<Found> =>
  found(async () => {
    const withoutEffect = deliveredToKafkaWithoutEffect();
    const idle = findingOf(
      { ...withoutEffect, severity: 'warning' },
      await repository.rows(withoutEffect, ROWS_SHOWN + 1),
    );
    return idle === undefined
      ? { findings: [] }
      : { findings: [idle], reason: 'KAFKA_BROKERS is not set: Kafka was not asked whether it has them' };
  });

/**
 * With Kafka an event that was delivered and has not acted may wait there, or have been given up there. Asked of the
 * database first: what acts meanwhile is no longer in Kafka, and is not taken for lost.
 */
const eventsAsked =
  (kafka: EventsInKafka) =>
  (repository: InvariantRepository): Promise<Found> =>
    found(async () => {
      const withoutEffect = deliveredWithoutEffect('kafka');
      const missing = (await kafka.missingTopics()).map((topic) => ({ topic }));
      const idle = await repository.rows(withoutEffect, EVENTS_MOST);
      const isThere = idle.length > 0 && missing.length === 0;
      const where = isThere ? await kafka.whereabouts() : new Map<string, Whereabouts>();
      // Once more: what has acted since then has left Kafka.
      const still = new Set(
        (await repository.rows(withoutEffect, EVENTS_MOST)).map(({ eventId }) => eventId),
      );
      const of = (wanted: Whereabouts | undefined): Row[] =>
        idle.filter(({ eventId }) => still.has(eventId ?? null) && where.get(String(eventId)) === wanted);
      const findings = [
        findingOf(
          { what: 'topics that Kafka does not have (has a worker ever run?)', severity: 'warning' },
          missing,
        ),
        findingOf({ what: `${withoutEffect.what}, and Kafka has them no more` }, of(undefined)),
        findingOf({ what: 'events given up (DLQ.permanent)', severity: 'warning' }, of('given up')),
      ].filter((finding) => finding !== undefined);
      return { findings };
    });

async function judgeQueues(
  repository: InvariantRepository,
  redis: Redis | undefined,
  queueIds: string[] | undefined,
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
    found(async () => ({ findings: overfullQueues(await states) })).then((part) => resultOf('I6', [part])),
    found(async () => ({
      findings: [
        ...disorderedQueues(await states),
        ...(await mayForget(store)),
        ...(await queuesWithoutState(repository, await states, queueIds)),
      ],
    })).then((part) => resultOf('I7', [part])),
  ]);
}

const blank = (id: InvariantId): InvariantResult => ({
  id,
  about: INVARIANTS[id],
  verdict: 'ok',
  findings: [],
});

/** A violation is reported even if other checks could not be run. */
function resultOf(id: InvariantId, parts: Found[]): InvariantResult {
  const findings = parts.flatMap((part) => part.findings);
  const reasons = parts.flatMap(({ reason }) => reason ?? []);
  const verdict = verdictOn(findings);
  return {
    ...blank(id),
    verdict: reasons.length > 0 && verdict !== 'violated' ? 'unknown' : verdict,
    findings,
    ...(reasons.length > 0 && { reason: reasons.join('; ') }),
  };
}

function verdictOn(findings: Finding[]): InvariantStatus {
  if (findings.length === 0) return 'ok';
  return findings.some(({ severity }) => severity === 'violation') ? 'violated' : 'warning';
}

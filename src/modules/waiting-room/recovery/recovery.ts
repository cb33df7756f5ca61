import { Unavailable } from '../../../common/errors';
import type { Logger } from '../../../platform/observability/logger';
import { QueueLostAgain } from '../errors';
import type { WaitingRoomMetrics } from '../metrics';
import type { AdmissionPolicy } from '../admission/policy';
import type { PendingPresence } from '../snapshot/pending-presence';
import type { Snapshot } from '../snapshot/snapshot';
import type { QueueRepository } from '../state/repository';
import type { Ends, StateLost } from '../state/results';
import type { QueueStore } from '../state/store';
import { headByDraws, issuedByDraws, type OpeningState, withOpening } from '../opening/state';
import { knownEnds } from './ends';
import type { Guard, StoreGuards } from './guards';
import type { ProgressTracker } from './progress';
import type { Registrations } from './registrations';

const MAX_ATTEMPTS = 3;
/** A request waits this long for a restore. The restore itself goes on. */
const MAX_REQUEST_WAIT_MS = 2000;

type StoreCall<T> = (known: number) => Promise<T | StateLost>;

/** The part of a queue’s state that a process holds in memory, from which it restores Redis. */
export interface LocalState {
  progress: ProgressTracker;
  snapshot: Snapshot;
  pending: PendingPresence;
  registrations: Registrations;
}

/**
 * Calls scripts, and restores the queue's state when Redis has lost it. The restore reads the database, so it runs
 * outside of the breaker of Redis: a database that is away fails the request, and counts against its own breaker only.
 * A restore that a background task has begun counts against none: tasks try again and again while MariaDB is away, above
 * all at a cold start, and the breaker is to judge by what users ask for.
 */
export class StateRecovery {
  private restoring: Promise<void> | undefined;

  constructor(
    private readonly local: LocalState,
    private readonly deps: {
      store: QueueStore;
      repository: QueueRepository;
      policy: Pick<AdmissionPolicy, 'scriptLimit'>;
      guards: StoreGuards;
      metrics: WaitingRoomMetrics;
      logger: Logger;
    },
  ) {}

  /**
   * A call inside the breaker of Redis.
   * @param beforeRestore called when the state is lost
   * @throws Unavailable (503) when the restore takes too long, or the state is lost again each time
   */
  async request<T>(call: StoreCall<T>, beforeRestore?: () => void): Promise<T> {
    const { guards } = this.deps;
    return this.withRecovery(
      (known) => guards.redis(() => call(known)),
      async () => {
        beforeRestore?.();
        await within(MAX_REQUEST_WAIT_MS, this.restoreOnce(guards.database));
      },
    );
  }

  /** A call of a background task: it goes to Redis also while the breaker is open, and waits for the restore. */
  async background<T>(call: StoreCall<T>): Promise<T> {
    return this.withRecovery(call, () => this.restoreOnce());
  }

  /** As `background`, but inside the breaker of Redis. */
  async guardedBackground<T>(call: StoreCall<T>): Promise<T> {
    return this.background((known) => this.deps.guards.redis(() => call(known)));
  }

  /** Requests and background tasks find a loss at the same moment: one of them restores, all wait for it. */
  async restoreOnce(guard = this.deps.guards.databaseForTasks): Promise<void> {
    this.restoring ??= this.restore(guard).finally(() => (this.restoring = undefined));
    return this.restoring;
  }

  /**
   * Brings back to Redis what only processes still know: progress, ends, active sessions, admission state, registrations.
   * Presence follows with the next flush.
   * @param ends needed to make a lost state; without it the state is left to be found lost
   */
  async pushLocalState(ends?: Ends, opening?: OpeningState): Promise<void> {
    const { progress, snapshot, pending, registrations } = this.local;
    const admission = withOpening(snapshot.admission, opening);
    const { store, policy } = this.deps;
    pending.requeueAll(snapshot.presence);
    const sessions = snapshot.gen > 0 ? snapshot.liveSessions() : undefined;
    if (ends === undefined) await store.addExpired(snapshot.expired.marks(), progress.known.issued);
    const restored = await store.restore(
      { ...progress.known, version: snapshot.version },
      policy.scriptLimit,
      sessions,
      admission,
      ends ?? null,
    );
    if (restored === 'state-lost') return;
    progress.advance(restored);
    registrations.reset();
    await registrations.flush(store, progress.known.issued);
  }

  private async withRecovery<T>(call: StoreCall<T>, restore: () => Promise<void>): Promise<T> {
    const { progress } = this.local;
    // A process that has just started: Redis may be older than what other processes, gone by now, have saved.
    if (!progress.hasHistory) await progress.tryLoad();
    for (let attempt = 1; ; attempt++) {
      const reply = await call(progress.known.issued);
      if (reply !== 'state-lost') return reply;
      if (attempt === MAX_ATTEMPTS) throw new QueueLostAgain(this.deps.store.queueId);
      await restore();
    }
  }

  private async restore(guard: Guard): Promise<void> {
    const { progress, snapshot } = this.local;
    const { store, repository, metrics, logger } = this.deps;
    const { queueId, tokenLifeMs } = store;
    // The database has what processes knew that are gone by now. Without it an entry might be given twice.
    await progress.load(guard);
    const { hasHistory } = progress;
    const opening = await guard(() => repository.opening(queueId));
    if (opening !== undefined)
      progress.advance({ issued: issuedByDraws(opening), headSeq: headByDraws(opening) });
    const query = { queueId, gen: progress.known.gen, tokenLifeMs, expired: snapshot.expired };
    await this.pushLocalState(await knownEnds(repository, guard, query), opening);
    await progress.save();
    if (!hasHistory) return;
    metrics.queueStateRestores.inc({ queue: queueId });
    logger.warn({ queue: queueId, ...progress.known }, 'queue state was lost and has been restored');
  }
}

/** @throws Unavailable (503) when the work takes longer */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Unavailable('The waiting room')), ms);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { ApiError, NotFound, Unavailable } from '../../common/errors';
import { Breakers } from '../operations/breakers';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { WaitingRoomMetrics } from './metrics';
import { UserDirectory } from '../accounts/directory';
import { ProofOfWork } from './tokens/proof-of-work';
import { TokenNotIssuedByQueue, ProofSpent, SessionUsedUp, TokenNotActive } from './errors';
import { jittered, pollAfterMs, type PollingOptions } from './polling/interval';
import { QueueRepository, type SessionId } from './state/repository';
import type { CheckedToken, IssuedChallenge, IssuedTicket, Proof, QueueStatus } from './schema';
import { type IssuedEntry, type EntryStatus, type SpentProof, UNKNOWN } from './state/store';
import { type Claims, TokenCodec } from './tokens/token';
import { WaitingRoomRegistry } from './registry';
import type { WaitingRoom } from './waiting-room';

/** Whose request this is: a visitor inside. */
export interface ActiveUser extends SessionId {
  userId: number;
}

/** What a user inside is let in for. */
export type Purpose = 'read' | 'write' | 'hold';

interface QueuePosition {
  status: QueueStatus;
  /** 0 unless waiting. */
  position: number;
}

/** A ticket stands in URLs, which proxies log: it is short-lived, and good for looking only. */
const TICKET_SECONDS = 60;

/** An older copy is that of a process that Redis does not answer. */
const FRESH_MS = 1000;

/** The waiting room to its visitors: a token, a look at the place, the door. */
@scoped(Lifecycle.ContainerScoped)
export class QueueService {
  private readonly polling: PollingOptions;

  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly tokens: TokenCodec,
    private readonly challenges: ProofOfWork,
    private readonly members: UserDirectory,
    private readonly repository: QueueRepository,
    private readonly breakers: Breakers,
    private readonly metrics: WaitingRoomMetrics,
    @inject(CONFIG) config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.polling = {
      maxPerSecond: config.QUEUE_MAX_POLLS_PER_SECOND,
      awayMs: config.QUEUE_PRESENCE_TIMEOUT_SECONDS * 1000,
    };
  }

  /** Whether a token is given for a proof of work alone. */
  get requiresProofOfWork(): boolean {
    return this.challenges.bits > 0;
  }

  /** What `issue` is to be given the solution of. Asks no store, not even whether there is such a user. */
  issueChallenge(userId: number): IssuedChallenge {
    const { main } = this.rooms;
    return this.challenges.issue(userId, nowMs(main), main.snapshot.gen);
  }

  /**
   * A place in line; the same one while it is live.
   * @throws NotFound (404): no such member, or no such line; Unproven (403): the proof of work is missing, wrong or spent
   */
  async issue(userId: number, queueId?: string, proof?: Proof): Promise<{ queueToken: string }> {
    const { main } = this.rooms;
    const spent = this.requiresProofOfWork
      ? this.challenges.demand(userId, proof, nowMs(main), main.snapshot.gen)
      : undefined;
    const room = queueId === undefined ? this.rooms.main : this.rooms.find(queueId);
    if (room === undefined) throw new NotFound(`Queue ${String(queueId)}`);
    const exists =
      this.members.isKnown(userId) || (await this.breakers.concert.run(() => this.members.exists(userId)));
    if (!exists) throw new NotFound(`User ${userId}`);
    if (spent !== undefined && (await this.spendingQueue(spent, room)) !== room.queueId)
      throw new ProofSpent();
    const { status, seq, gen, iatMs } = await this.issueLiveEntry(room, userId, spent);
    this.metrics.queueIssued.inc({ status });
    return {
      queueToken: this.tokens.sign({ userId, queueId: room.queueId, seq, gen, iatMs }, room.tokenLifeMs),
    };
  }

  /** Whose token this is. @throws Unauthorized (401) */
  identify(token: string): Claims {
    return this.tokens.read(token);
  }

  /** Lets a client that cannot send headers ask with a ticket in the URL. @throws NeverQueued (001) */
  issueStreamToken(claims: Claims): IssuedTicket {
    const untilMs = nowMs(this.roomOf(claims)) + TICKET_SECONDS * 1000;
    return { ticket: this.tokens.signStreamToken(claims, untilMs), expiresInSeconds: TICKET_SECONDS };
  }

  /** Whose ticket this is. @throws Unauthorized (401) */
  identifyByStreamToken(ticket: string): Claims {
    return this.tokens.readStreamToken(ticket, nowMs(this.rooms.main));
  }

  /** Where the token stands; looking keeps the place. Waiting costs no I/O. @throws NeverQueued (001) */
  async check(claims: Claims): Promise<CheckedToken> {
    return this.describe(claims, this.pollFromSnapshot(claims) ?? (await this.resolve(claims)));
  }

  /** Where the token stands without I/O; undefined when only the store can tell. @throws NeverQueued (001) */
  pollFromSnapshot(claims: Claims): QueuePosition | undefined {
    const standing = this.roomOf(claims).pollFromSnapshot(claims);
    return standing && { position: 0, ...standing };
  }

  /** A standing as its holder is told of it. */
  describe(claims: Claims, { status, position }: QueuePosition): CheckedToken {
    if (status !== 'WAITING') return { queuePosition: 0, status, etaSeconds: 0, pollAfterMs: 0 };
    const room = this.roomOf(claims);
    const { seconds: etaSeconds, soonestSeconds } = room.eta(claims, position);
    const pollAfter = jittered(pollAfterMs(position, room.snapshot.waiting, soonestSeconds, this.polling));
    room.recordPollInterval(pollAfter);
    return { queuePosition: position, status, etaSeconds, pollAfterMs: pollAfter };
  }

  /**
   * Whether the token is active by this process' copy, without I/O; false: only Redis can tell.
   * @throws NeverQueued (001); TokenNotActive (003): it waits so far behind that Redis cannot know better
   */
  isKnownActive(claims: Claims): boolean {
    const room = this.roomOf(claims);
    if (room.isActive(claims)) return true;
    if (isFarBehind(room, claims)) throw new TokenNotActive('WAITING');
    return false;
  }

  /** Whether a token that is refused may have been active before: it has ended, or Redis cannot be asked. */
  mayHaveEnded(claims: Claims, refusal: unknown): boolean {
    if (refusal instanceof SessionUsedUp) return true;
    if (refusal instanceof TokenNotActive && refusal.queueStatus === 'DONE') return true;
    const isOpen = refusal instanceof TokenNotActive ? refusal.queueStatus === 'EXPIRED' : isFailure(refusal);
    return isOpen && this.roomOf(claims).snapshot.hasCalled(claims);
  }

  /**
   * Lets only those pass who are inside. Reads go by this process' copy; writes ask Redis, and go by the copy only
   * while Redis is away: seats and money are safe without it.
   * @throws NeverQueued (001), TokenNotActive (003), SessionUsedUp (409)
   */
  async admit(claims: Claims, purpose: Purpose): Promise<ActiveUser> {
    const room = this.roomOf(claims);
    const visitor = { userId: claims.userId, queueId: room.queueId, gen: claims.gen, seq: claims.seq };
    if (purpose === 'read' && room.isActive(claims)) return visitor;
    try {
      const { status, mayHold } = await this.resolve(claims, purpose === 'hold');
      if (status !== 'PROGRESS') throw new TokenNotActive(status);
      if (purpose === 'hold' && !mayHold) throw new SessionUsedUp();
    } catch (error) {
      if (!isFailure(error) || !room.isActive(claims)) throw error;
      // The copy need not know of a payment through another process.
      if (purpose === 'write' && (await this.hasPaid(visitor))) throw new TokenNotActive('DONE');
      this.metrics.checksFromSnapshot.inc();
    }
    return visitor;
  }

  /**
   * After payment. The sale is committed by now, so a failure here is no failure of the payment: SessionReconciler
   * gives the place on when Redis is back.
   */
  async endSession({ queueId, gen, seq }: SessionId): Promise<void> {
    const room = this.rooms.find(queueId);
    if (room === undefined || !room.isOfLife(gen)) return;
    room.snapshot.leave(seq); // also when an open breaker refuses to ask
    await this.afterCommit('place not given on after payment yet', () =>
      this.breakers.queue.run(() => room.endSession(seq)),
    );
  }

  /** After a payment's replay: what should have followed its COMMIT may not have happened. */
  async endSessionOfPayment(reservationId: number): Promise<void> {
    await this.afterCommit('replayed payment not made known to the queue', async () => {
      const session = await this.breakers.concert.run(() => this.repository.sessionOfPayment(reservationId));
      if (session !== undefined) await this.endSession(session);
    });
  }

  /** After a hold: the session lasts as long as the hold does, and the user is not idle meanwhile. */
  async extendSession({ queueId, gen, seq }: SessionId, holdMs: number): Promise<void> {
    const room = this.rooms.find(queueId);
    if (room === undefined || !room.isOfLife(gen)) return;
    room.snapshot.prolong(seq, room.snapshot.nowMs + holdMs); // while Redis is away; SessionReconciler tells it later
    await this.afterCommit('hold not made known to the queue', () =>
      this.breakers.queue.run(() => room.extendSession(seq, holdMs)),
    );
  }

  /** After a hold's replay. */
  async extendSessionOfHold(reservationId: number): Promise<void> {
    await this.afterCommit('replayed hold not made known to the queue', async () => {
      const hold = await this.breakers.concert.run(() => this.repository.holdOf(reservationId));
      if (hold !== undefined) await this.extendSession(hold, hold.leftMs);
    });
  }

  /** The user's place; a session that has paid is over, also where Redis has not been told yet. */
  private async issueLiveEntry(room: WaitingRoom, userId: number, proof?: SpentProof): Promise<IssuedEntry> {
    const issue = (cost?: SpentProof): Promise<IssuedEntry> =>
      this.breakers.queue.run(() => room.issue(userId, cost));
    const live = await issue(proof);
    if (live.isNew || live.status !== 'PROGRESS') return live;
    const { gen, seq } = live;
    if (!(await this.hasPaid({ queueId: room.queueId, gen, seq }))) return live;
    await this.breakers.queue.run(() => room.endSession(seq));
    return issue(live.wasSpent ? proof : undefined); // this very request has spent it
  }

  /** In which of all queues the proof is spent. */
  private async spendingQueue(proof: SpentProof, { queueId }: WaitingRoom): Promise<string> {
    return this.breakers.queue.run(() => this.rooms.main.claimProof(proof, queueId));
  }

  private async hasPaid(session: SessionId): Promise<boolean> {
    return this.breakers.concert.run(() => this.repository.hasPaid(session));
  }

  private roomOf(claims: Claims): WaitingRoom {
    const room = this.rooms.find(claims.queueId);
    if (room === undefined) throw new TokenNotIssuedByQueue();
    return room;
  }

  private async resolve(claims: Claims, isToHold = false): Promise<EntryStatus> {
    const room = this.roomOf(claims);
    const settled = await this.breakers.queue.run(() => room.resolve(claims, isToHold));
    if (settled === UNKNOWN) throw new TokenNotIssuedByQueue();
    return settled;
  }

  private async afterCommit(what: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (err) {
      this.logger.warn({ err }, what);
    }
  }
}

/**
 * Whether the token waits behind more than there are places inside, by a copy that is fresh: all of those would have
 * had to be replaced since it was taken. Nearer to the head another process may know of its admission already.
 */
function isFarBehind(room: WaitingRoom, claims: Claims): boolean {
  if (room.snapshot.ageMs > FRESH_MS) return false;
  const standing = room.pollFromSnapshot(claims);
  return standing?.status === 'WAITING' && standing.position > room.limits.activeLimit;
}

/** An answer that could not be had, rather than one that says no. */
const isFailure = (error: unknown): boolean => !(error instanceof ApiError) || error.status >= 500;

/** Redis' clock, by this process' copy. */
function nowMs({ snapshot }: WaitingRoom): number {
  if (snapshot.gen === 0) throw new Unavailable('The queue');
  return snapshot.nowMs;
}

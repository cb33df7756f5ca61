import { inject, Lifecycle, scoped } from 'tsyringe';
import { processTimeMs } from '../../common/clock';
import { CONFIG, type Config } from '../../config/config';
import { isRefusal } from '../../common/errors';
import { Breakers } from '../operations/breakers';
import { SessionUsedUp, TokenNotActive, TokenNotIssuedByQueue } from './errors';
import { WaitingRoomMetrics } from './metrics';
import { jittered, pollAfterMs, type PollingOptions } from './polling/interval';
import { WaitingRoomRegistry } from './registry';
import type { CheckedToken, IssuedChallenge, IssuedTicket, QueueStatus } from './schema';
import { type ActiveUser, QueueRepository, type SessionId } from './state/repository';
import type { EntryStatus } from './state/results';
import { QueueStatusService } from './status/service';
import type { GateName } from './tokens/gates/token-gate';
import { type IssueOptions, redisNowMs, TokenIssuer } from './tokens/issuer';
import { type Claims, TokenCodec } from './tokens/token';
import type { WaitingRoom } from './waiting-room';

export type { ActiveUser } from './state/repository';

/** What an active user is admitted for. */
export type Purpose = 'read' | 'write' | 'hold';

export interface QueuePosition {
  status: QueueStatus;
  /** 0 unless waiting. */
  position: number;
}

/** A stream token is part of URLs, which proxies log: it expires soon, and only opens a stream. */
const STREAM_TOKEN_SECONDS = 60;

/** A process whose snapshot is older gets no answers from Redis. */
const MAX_SNAPSHOT_AGE_MS = 1000;

/** The waiting room as its users meet it: tokens, polls, and the check that lets only active users pass. */
@scoped(Lifecycle.ContainerScoped)
export class QueueService {
  private readonly polling: PollingOptions;

  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly tokens: TokenCodec,
    private readonly issuer: TokenIssuer,
    private readonly statuses: QueueStatusService,
    private readonly repository: QueueRepository,
    private readonly breakers: Breakers,
    private readonly metrics: WaitingRoomMetrics,
    @inject(CONFIG) config: Config,
  ) {
    this.polling = {
      maxPerSecond: config.QUEUE_MAX_POLLS_PER_SECOND,
      presenceTimeoutMs: config.QUEUE_PRESENCE_TIMEOUT_SECONDS * 1000,
    };
  }

  /** What a token costs. */
  get gateName(): GateName {
    return this.issuer.gateName;
  }

  /** Redis' clock by this process' snapshot; before the first one, this machine's. */
  get nowMs(): number {
    const { gen, nowMs } = this.rooms.main.snapshot;
    return gen === 0 ? processTimeMs() : nowMs;
  }

  /** See TokenIssuer. */
  issueChallenge(userId: number): IssuedChallenge {
    return this.issuer.issueChallenge(userId);
  }

  /** See TokenIssuer. */
  async issue(userId: number, options?: IssueOptions): Promise<{ queueToken: string }> {
    return this.issuer.issue(userId, options);
  }

  /** The claims of a queue token. @throws Unauthorized (401) */
  identify(token: string): Claims {
    return this.tokens.read(token);
  }

  /** For a client that cannot send headers: a token for the URL of a stream. @throws TokenNotIssuedByQueue (001) */
  issueStreamToken(claims: Claims): IssuedTicket {
    const untilMs = redisNowMs(this.roomOf(claims)) + STREAM_TOKEN_SECONDS * 1000;
    return { ticket: this.tokens.signStreamToken(claims, untilMs), expiresInSeconds: STREAM_TOKEN_SECONDS };
  }

  /** The claims of the queue token that the stream token stands for. @throws Unauthorized (401) */
  identifyByStreamToken(streamToken: string): Claims {
    return this.tokens.readStreamToken(streamToken, redisNowMs(this.rooms.main));
  }

  /** Polls: status and position of a token. Waiting costs no I/O. @throws TokenNotIssuedByQueue (001) */
  async check(claims: Claims): Promise<CheckedToken> {
    return this.describe(claims, this.poll(claims) ?? (await this.resolve(claims)));
  }

  /** Polls without I/O; undefined when only Redis can tell. @throws TokenNotIssuedByQueue (001) */
  poll(claims: Claims): QueuePosition | undefined {
    const room = this.roomOf(claims);
    const position = room.poll(room.entryOf(claims));
    return position && { position: 0, ...position };
  }

  /** The answer to a poll. The interval that it gives to the client is recorded. */
  describe(claims: Claims, { status, position }: QueuePosition): CheckedToken {
    const room = this.roomOf(claims);
    const { state: queueState, opensAt, chance } = this.statuses.standing(room, position);
    const standing = { seq: room.entryOf(claims).seq, queueState, opensAt, chance };
    if (status !== 'WAITING') return { queuePosition: 0, status, etaSeconds: 0, pollAfterMs: 0, ...standing };
    const { seconds: etaSeconds, soonestSeconds } = room.estimateEta(room.entryOf(claims), position);
    const afterMs = jittered(pollAfterMs(position, room.snapshot.waiting, soonestSeconds, this.polling));
    room.recordPollInterval(afterMs);
    return { queuePosition: position, status, etaSeconds, pollAfterMs: afterMs, ...standing };
  }

  /**
   * Marks the user as not idle if the token is active by the snapshot, without I/O. @returns whether it is; false: only
   * Redis can tell
   * @throws TokenNotIssuedByQueue (001); TokenNotActive (003): it waits so far behind that Redis cannot know better
   */
  touchIfActive(claims: Claims): boolean {
    const room = this.roomOf(claims);
    const entry = room.entryOf(claims);
    if (room.touchIfActive(entry)) return true;
    if (pollsFarBehind(room, entry)) throw new TokenNotActive('WAITING');
    return false;
  }

  /** Whether the token is active as of the snapshot, without any effect. */
  isActive(claims: Claims): boolean {
    const room = this.rooms.find(claims.queueId);
    return room?.peek(room.entryOf(claims))?.status === 'PROGRESS';
  }

  /** The active user of a token, as `touchIfActive`; undefined: only Redis can tell. */
  findActive(claims: Claims): ActiveUser | undefined {
    return this.touchIfActive(claims) ? userOf(this.roomOf(claims).entryOf(claims)) : undefined;
  }

  /** Whether a refused token may have been active before: it has ended, or Redis did not answer. */
  mayHaveEnded(claims: Claims, refusal: unknown): boolean {
    if (refusal instanceof SessionUsedUp) return true;
    if (refusal instanceof TokenNotActive && refusal.queueStatus === 'DONE') return true;
    const isOpen = refusal instanceof TokenNotActive ? refusal.queueStatus === 'EXPIRED' : isFailure(refusal);
    const room = this.roomOf(claims);
    return isOpen && room.snapshot.hasHadTurn(room.entryOf(claims));
  }

  /**
   * Lets only active users pass, by Redis; while it is away by the snapshot, because seats and money are safe without it.
   * Reads ask here only what `findActive` cannot tell.
   * @throws TokenNotIssuedByQueue (001), TokenNotActive (003), SessionUsedUp (409)
   */
  async admit(claims: Claims, purpose: Purpose): Promise<ActiveUser> {
    const room = this.roomOf(claims);
    const entry = room.entryOf(claims);
    const user = userOf(entry);
    try {
      const { status, mayHold } = await this.resolve(claims, purpose === 'hold');
      if (status !== 'PROGRESS') throw new TokenNotActive(status);
      if (purpose === 'hold' && !mayHold) throw new SessionUsedUp();
    } catch (error) {
      if (!isFailure(error) || !room.touchIfActive(entry)) throw error;
      // The snapshot need not know of a payment through another process.
      if (purpose === 'write' && (await this.hasPaid(user))) throw new TokenNotActive('DONE');
      this.metrics.checksFromSnapshot.inc();
    }
    return user;
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
    const resolved = await room.entries.resolve(room.entryOf(claims), isToHold);
    if (resolved === 'not-issued-here') throw new TokenNotIssuedByQueue();
    return resolved;
  }
}

const userOf = ({ userId, queueId, gen, seq }: Claims): ActiveUser => ({ userId, queueId, gen, seq });

/**
 * Polls, and tells whether the token waits behind more entries than there may be active users, by a recent snapshot: all
 * of those would have had to leave since it was taken. Nearer to the head, another process may know of its admission.
 */
function pollsFarBehind(room: WaitingRoom, claims: Claims): boolean {
  if (room.snapshot.ageMs > MAX_SNAPSHOT_AGE_MS) return false;
  const position = room.poll(claims);
  return position?.status === 'WAITING' && position.position > room.limits.activeLimit;
}

/** True for an error that left the question open, false for a refusal. */
const isFailure = (error: unknown): boolean => !isRefusal(error);

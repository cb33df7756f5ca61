import { Lifecycle, scoped } from 'tsyringe';
import { isRefusal } from '../../../common/errors';
import { Breakers } from '../../operations/breakers';
import { SessionUsedUp, TokenNotActive } from '../errors';
import { WaitingRoomMetrics } from '../metrics';
import { WaitingRoomRegistry } from '../registry';
import type { ActiveUser, SessionId } from '../state/session';
import { SessionRepository } from '../state/session-repository';
import type { Claims } from '../tokens/token';
import type { WaitingRoom } from '../waiting-room';

/** What an active user is admitted for. */
export type Purpose = 'read' | 'write' | 'hold';

/** A process whose snapshot is older gets no answers from Redis. */
const MAX_SNAPSHOT_AGE_MS = 1000;

/** Lets only active users pass, and tells who they are: by this process' snapshot where it can, else by Redis. */
@scoped(Lifecycle.ContainerScoped)
export class SessionGuard {
  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly sessions: SessionRepository,
    private readonly breakers: Breakers,
    private readonly metrics: WaitingRoomMetrics,
  ) {}

  /**
   * Marks the user as not idle if the token is active by the snapshot, without I/O. @returns whether it is; false: only
   * Redis can tell
   * @throws TokenNotIssuedByQueue (001); TokenNotActive (003): it waits so far behind that Redis cannot know better
   */
  touchIfActive(claims: Claims): boolean {
    const room = this.rooms.roomOf(claims);
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
    return this.touchIfActive(claims) ? userOf(this.rooms.roomOf(claims).entryOf(claims)) : undefined;
  }

  /** Whether a refused token may have been active before: it has ended, or Redis did not answer. */
  mayHaveEnded(claims: Claims, refusal: unknown): boolean {
    if (refusal instanceof SessionUsedUp) return true;
    if (refusal instanceof TokenNotActive && refusal.queueStatus === 'DONE') return true;
    const isOpen = refusal instanceof TokenNotActive ? refusal.queueStatus === 'EXPIRED' : isFailure(refusal);
    const room = this.rooms.roomOf(claims);
    return isOpen && room.snapshot.hasHadTurn(room.entryOf(claims));
  }

  /**
   * Lets only active users pass, by Redis; while it is away by the snapshot, because seats and money are safe without it.
   * Reads ask here only what `findActive` cannot tell.
   * @throws TokenNotIssuedByQueue (001), TokenNotActive (003), SessionUsedUp (409)
   */
  async admit(claims: Claims, purpose: Purpose): Promise<ActiveUser> {
    const room = this.rooms.roomOf(claims);
    const entry = room.entryOf(claims);
    const user = userOf(entry);
    try {
      const { status, mayHold } = await this.rooms.resolve(claims, purpose === 'hold');
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
    return this.breakers.concert.run(() => this.sessions.hasPaid(session));
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

import { Lifecycle, scoped } from 'tsyringe';
import { NotFound, Unavailable } from '../../../common/errors';
import { Breakers } from '../../operations/breakers';
import { UserDirectory } from '../../accounts/directory';
import { ProofSpent } from '../errors';
import { WaitingRoomMetrics } from '../metrics';
import { WaitingRoomRegistry } from '../registry';
import type { IssuedChallenge, SentProof } from '../schema';
import { SessionRepository } from '../state/session-repository';
import type { IssuedEntry, SpentProof } from '../state/results';
import type { WaitingRoom } from '../waiting-room';
import type { GateRequest } from './gates/gate';
import { type GateName, TokenGate } from './gates/token-gate';
import { TokenCodec } from './token';

/** Optional parts of a token request. */
export interface IssueOptions {
  /** Undefined: the main queue. */
  queueId?: string | undefined;
  proof?: SentProof | undefined;
  /** The header of that name. */
  authorization?: string | undefined;
}

/** Issues queue tokens: for a user who exists, at the price that the gate demands. */
@scoped(Lifecycle.ContainerScoped)
export class TokenIssuer {
  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly tokens: TokenCodec,
    private readonly gate: TokenGate,
    private readonly users: UserDirectory,
    private readonly sessions: SessionRepository,
    private readonly breakers: Breakers,
    private readonly metrics: WaitingRoomMetrics,
  ) {}

  /** What a token costs. */
  get gateName(): GateName {
    return this.gate.name;
  }

  /** A new proof-of-work challenge. It reads no store, not even to check that the user exists. */
  issueChallenge(userId: number): IssuedChallenge {
    const { main } = this.rooms;
    if (this.gate.proofOfWork === undefined) throw new NotFound('The proof of work');
    return this.gate.proofOfWork.issue(userId, redisNowMs(main), main.snapshot.gen);
  }

  /**
   * Issues a token; the same one while its entry is live.
   * @throws NotFound (404): no such user or queue; what the gate throws; ProofSpent (403)
   */
  async issue(
    userId: number,
    { queueId, proof, authorization }: IssueOptions = {},
  ): Promise<{ queueToken: string }> {
    const room = this.roomOf(queueId);
    const verified = await this.verify({ userId, queueId: room.queueId, proof, authorization });
    return this.issueIn(room, userId, verified);
  }

  /** Issues a token to a test user of a rehearsal, who pays nothing. @throws NotFound (404): no such user or queue */
  async issueRehearsed(userId: number, queueId: string): Promise<{ queueToken: string }> {
    this.gate.countRehearsed();
    return this.issueIn(this.roomOf(queueId), userId);
  }

  private roomOf(queueId: string | undefined): WaitingRoom {
    const room = queueId === undefined ? this.rooms.main : this.rooms.find(queueId);
    if (room === undefined) throw new NotFound(`Queue ${String(queueId)}`);
    return room;
  }

  private async issueIn(
    room: WaitingRoom,
    userId: number,
    verified?: SpentProof,
  ): Promise<{ queueToken: string }> {
    if (!(await this.exists(userId))) throw new NotFound(`User ${userId}`);
    const { status, seq, gen, iatMs } = await this.issueFor(room, userId, verified);
    this.metrics.queueIssued.inc({ status });
    const claims = { userId, queueId: room.queueId, seq, gen, iatMs };
    return { queueToken: this.tokens.sign(claims, room.tokenLifeMs) };
  }

  /** @returns what is to be spent. Without a gate nothing is, and tokens are issued before the first snapshot as well. */
  private async verify(request: Omit<GateRequest, 'nowMs' | 'gen'>): Promise<SpentProof | undefined> {
    if (this.gate.name === 'none') return undefined;
    const { main } = this.rooms;
    return this.gate.verify({ ...request, nowMs: redisNowMs(main), gen: main.snapshot.gen });
  }

  /** The user's entry in a queue, for which a proof is spent. @throws ProofSpent (403) */
  private async issueFor(room: WaitingRoom, userId: number, proof?: SpentProof): Promise<IssuedEntry> {
    try {
      const { entries } = this.rooms.main;
      if (proof !== undefined && (await entries.claimProof(proof, room.queueId)) !== room.queueId)
        throw new ProofSpent();
      return await this.issueLiveEntry(room, userId, proof);
    } catch (error) {
      if (error instanceof ProofSpent) this.gate.countSpent();
      throw error;
    }
  }

  private async exists(userId: number): Promise<boolean> {
    return this.users.isKnown(userId) || this.breakers.concert.run(() => this.users.exists(userId));
  }

  /** The user's entry. A session that has paid is over, even where Redis does not know it yet. */
  private async issueLiveEntry(room: WaitingRoom, userId: number, proof?: SpentProof): Promise<IssuedEntry> {
    const live = await room.entries.issue(userId, proof);
    if (live.isNew || live.status !== 'PROGRESS') return live;
    const session = { queueId: room.queueId, gen: live.gen, seq: live.seq };
    if (!(await this.breakers.concert.run(() => this.sessions.hasPaid(session)))) return live;
    await room.entries.endSession(live.seq);
    return room.entries.issue(userId, live.wasSpent ? proof : undefined); // else this very request has spent it
  }
}

/** Redis' clock by this process' snapshot. @throws Unavailable (503) before the first snapshot */
export function redisNowMs({ snapshot }: WaitingRoom): number {
  if (snapshot.gen === 0) throw new Unavailable('The queue');
  return snapshot.nowMs;
}

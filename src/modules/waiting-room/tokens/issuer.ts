import { Lifecycle, scoped } from 'tsyringe';
import { NotFound, Unavailable } from '../../../common/errors';
import { Breakers } from '../../operations/breakers';
import { UserDirectory } from '../../accounts/directory';
import { ProofSpent } from '../errors';
import { WaitingRoomMetrics } from '../metrics';
import { WaitingRoomRegistry } from '../registry';
import type { IssuedChallenge, Proof } from '../schema';
import { QueueRepository } from '../state/repository';
import type { IssuedEntry, SpentProof } from '../state/results';
import type { WaitingRoom } from '../waiting-room';
import { ProofOfWork } from './proof-of-work';
import { TokenCodec } from './token';

/** Issues queue tokens: for a user who exists, at the price of a proof of work if one is required. */
@scoped(Lifecycle.ContainerScoped)
export class TokenIssuer {
  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly tokens: TokenCodec,
    private readonly proofOfWork: ProofOfWork,
    private readonly users: UserDirectory,
    private readonly repository: QueueRepository,
    private readonly breakers: Breakers,
    private readonly metrics: WaitingRoomMetrics,
  ) {}

  /** Whether a token costs a proof of work. */
  get requiresProofOfWork(): boolean {
    return this.proofOfWork.bits > 0;
  }

  /** What a proof of work must solve. It reads no store, not even to see whether the user exists. */
  issueChallenge(userId: number): IssuedChallenge {
    const { main } = this.rooms;
    return this.proofOfWork.issue(userId, redisNowMs(main), main.snapshot.gen);
  }

  /**
   * Issues a token; the same one while its entry is live.
   * @throws NotFound (404): no such user or queue; ProofOfWorkRefused (403): the proof is missing, wrong or spent
   */
  async issue(userId: number, queueId?: string, proof?: Proof): Promise<{ queueToken: string }> {
    const { main } = this.rooms;
    const checked = this.requiresProofOfWork
      ? this.proofOfWork.check(userId, proof, redisNowMs(main), main.snapshot.gen)
      : undefined;
    const room = queueId === undefined ? main : this.rooms.find(queueId);
    if (room === undefined) throw new NotFound(`Queue ${String(queueId)}`);
    if (!(await this.exists(userId))) throw new NotFound(`User ${userId}`);
    if (checked !== undefined && (await main.entries.claimProof(checked, room.queueId)) !== room.queueId)
      throw new ProofSpent();
    const { status, seq, gen, iatMs } = await this.issueLiveEntry(room, userId, checked);
    this.metrics.queueIssued.inc({ status });
    const claims = { userId, queueId: room.queueId, seq, gen, iatMs };
    return { queueToken: this.tokens.sign(claims, room.tokenLifeMs) };
  }

  private async exists(userId: number): Promise<boolean> {
    return this.users.isKnown(userId) || this.breakers.concert.run(() => this.users.exists(userId));
  }

  /** The user's entry. A session that has paid is over, even where Redis does not know it yet. */
  private async issueLiveEntry(room: WaitingRoom, userId: number, proof?: SpentProof): Promise<IssuedEntry> {
    const live = await room.entries.issue(userId, proof);
    if (live.isNew || live.status !== 'PROGRESS') return live;
    const session = { queueId: room.queueId, gen: live.gen, seq: live.seq };
    if (!(await this.breakers.concert.run(() => this.repository.hasPaid(session)))) return live;
    await room.entries.endSession(live.seq);
    return room.entries.issue(userId, live.wasSpent ? proof : undefined); // else this very request has spent it
  }
}

/** Redis' clock by this process' snapshot. @throws Unavailable (503) before the first snapshot */
export function redisNowMs({ snapshot }: WaitingRoom): number {
  if (snapshot.gen === 0) throw new Unavailable('The queue');
  return snapshot.nowMs;
}

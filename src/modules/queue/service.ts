import { randomUUID } from 'node:crypto';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config';
import { NotFound } from '../../errors';
import { Breakers } from '../../infra/breakers';
import { LOGGER, type Logger } from '../../infra/logger';
import { Metrics } from '../../infra/metrics';
import { MemberDirectory } from '../user/directory';
import { NeverQueued, TokenNotActive } from './errors';
import type { CheckedToken } from './schema';
import { UNKNOWN, type Settled } from './store';
import { type Claims, TokenCodec } from './token';
import { WaitingRoom } from './waiting-room';

/** Whose request this is: a visitor inside. */
export interface Visitor {
  userId: number;
  seq: number;
}

const POLL_LEAST_MS = 1000;

/** The waiting room to its visitors: a token, a look at the place, the door. */
@scoped(Lifecycle.ContainerScoped)
export class QueueService {
  constructor(
    private readonly room: WaitingRoom,
    private readonly tokens: TokenCodec,
    private readonly members: MemberDirectory,
    private readonly breakers: Breakers,
    private readonly metrics: Metrics,
    @inject(CONFIG) private readonly config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A place in line; the same one while it is live. @throws NotFound (404) when there is no such member */
  async issue(userId: number): Promise<{ queueToken: string }> {
    const exists = await this.breakers.concert.run(() => this.members.exists(userId));
    if (!exists) throw new NotFound(`User ${userId}`);
    const issued = await this.breakers.queue.run(() => this.room.issue(userId, randomUUID()));
    this.metrics.queueIssued.inc({ status: issued.status });
    const { seq, gen, iatMs, jti } = issued;
    return {
      queueToken: this.tokens.sign(
        { userId, jti, q: this.room.queueId, seq, gen, iatMs },
        this.room.tokenLifeMs,
      ),
    };
  }

  /** Whose token this is. @throws Unauthorized (401) */
  identify(token: string): Claims {
    return this.tokens.read(token);
  }

  /** Where the token stands; looking keeps the place. @throws NeverQueued (001) */
  async check(claims: Claims): Promise<CheckedToken> {
    const { status, position } = await this.settle(claims);
    if (status !== 'WAITING') return { queuePosition: 0, status, etaSeconds: 0, pollAfterMs: 0 };
    const etaSeconds = this.room.etaSeconds(position);
    const pollAfterMs = Math.min(
      Math.max(etaSeconds * 100, POLL_LEAST_MS),
      Math.floor((this.config.QUEUE_AWAY_SECONDS * 1000) / 3),
    );
    return { queuePosition: position, status, etaSeconds, pollAfterMs };
  }

  /** Lets only those pass who are inside. @throws NeverQueued (001), TokenNotActive (003) */
  async admit(claims: Claims): Promise<Visitor> {
    const { status } = await this.settle(claims);
    if (status !== 'PROGRESS') throw new TokenNotActive(status);
    return { userId: claims.userId, seq: claims.seq };
  }

  /**
   * After payment. The sale is committed by now, so a failure here is no failure of the payment: the lease then ends
   * by its deadline.
   */
  async finish(visitor: Visitor): Promise<void> {
    await this.afterwards('place not given on after payment', () => this.room.finish(visitor.seq));
  }

  /** After a hold: the visitor is not idle while it has a seat to pay. */
  async stay(visitor: Visitor, holdMs: number): Promise<void> {
    await this.afterwards('hold not made known to the queue', () => this.room.stay(visitor.seq, holdMs));
  }

  private async settle(claims: Claims): Promise<Settled> {
    if (claims.q !== this.room.queueId) throw new NeverQueued();
    const settled = await this.breakers.queue.run(() => this.room.settle(claims));
    if (settled === UNKNOWN) throw new NeverQueued();
    return settled;
  }

  private async afterwards(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await this.breakers.queue.run(act);
    } catch (err) {
      this.logger.warn({ err }, what);
    }
  }
}

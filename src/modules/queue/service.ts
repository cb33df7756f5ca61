import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config';
import { ApiError, NotFound, Unavailable } from '../../errors';
import { Breakers } from '../../infra/breakers';
import { LOGGER, type Logger } from '../../infra/logger';
import { Metrics } from '../../infra/metrics';
import { MemberDirectory } from '../user/directory';
import { NeverQueued, TokenNotActive } from './errors';
import { pollAfterMs, type PollingOptions } from './polling';
import type { CheckedToken, IssuedTicket, QueueStatus } from './schema';
import { UNKNOWN, type Settled } from './store';
import { type Claims, TokenCodec } from './token';
import { WaitingRoom } from './waiting-room';

/** Whose request this is: a visitor inside. */
export interface Visitor {
  userId: number;
  seq: number;
}

interface Standing {
  status: QueueStatus;
  /** 0 unless waiting. */
  position: number;
}

/** A ticket stands in URLs, which proxies log: it is short-lived, and good for looking only. */
const TICKET_SECONDS = 60;

/** The waiting room to its visitors: a token, a look at the place, the door. */
@scoped(Lifecycle.ContainerScoped)
export class QueueService {
  private readonly polling: PollingOptions;

  constructor(
    private readonly room: WaitingRoom,
    private readonly tokens: TokenCodec,
    private readonly members: MemberDirectory,
    private readonly breakers: Breakers,
    private readonly metrics: Metrics,
    @inject(CONFIG) config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.polling = {
      maxPerSecond: config.QUEUE_MAX_POLLS_PER_SECOND,
      awayMs: config.QUEUE_AWAY_SECONDS * 1000,
    };
  }

  /** A place in line; the same one while it is live. @throws NotFound (404) when there is no such member */
  async issue(userId: number): Promise<{ queueToken: string }> {
    const exists =
      this.members.knows(userId) || (await this.breakers.concert.run(() => this.members.exists(userId)));
    if (!exists) throw new NotFound(`User ${userId}`);
    const { status, seq, gen, iatMs } = await this.breakers.queue.run(() => this.room.issue(userId));
    this.metrics.queueIssued.inc({ status });
    return {
      queueToken: this.tokens.sign({ userId, q: this.room.queueId, seq, gen, iatMs }, this.room.tokenLifeMs),
    };
  }

  /** Whose token this is. @throws Unauthorized (401) */
  identify(token: string): Claims {
    return this.tokens.read(token);
  }

  /** Lets a client that cannot send headers ask with a ticket in the URL. @throws NeverQueued (001) */
  ticket(claims: Claims): IssuedTicket {
    this.demandOurs(claims);
    const untilMs = this.nowMs() + TICKET_SECONDS * 1000;
    return { ticket: this.tokens.signTicket(claims, untilMs), expiresInSeconds: TICKET_SECONDS };
  }

  /** Whose ticket this is. @throws Unauthorized (401) */
  identifyByTicket(ticket: string): Claims {
    return this.tokens.readTicket(ticket, this.nowMs());
  }

  /** Where the token stands; looking keeps the place. Waiting costs no I/O. @throws NeverQueued (001) */
  async check(claims: Claims): Promise<CheckedToken> {
    return this.describe(claims, this.glance(claims) ?? (await this.settle(claims)));
  }

  /** Where the token stands without I/O; undefined when only the store can tell. @throws NeverQueued (001) */
  glance(claims: Claims): Standing | undefined {
    this.demandOurs(claims);
    const standing = this.room.look(claims);
    return standing && { position: 0, ...standing };
  }

  /** A standing as its holder is told of it. */
  describe(claims: Claims, { status, position }: Standing): CheckedToken {
    if (status !== 'WAITING') return { queuePosition: 0, status, etaSeconds: 0, pollAfterMs: 0 };
    const etaSeconds = this.room.etaSeconds(claims, position);
    const pollAfter = pollAfterMs(position, this.room.snapshot.waiting, etaSeconds, this.polling);
    this.room.asked(pollAfter);
    return { queuePosition: position, status, etaSeconds, pollAfterMs: pollAfter };
  }

  /**
   * Lets only those pass who are inside. Reads go by this process' copy; writes ask Redis, and go by the copy only
   * while Redis is away: seats and money are safe without it.
   * @throws NeverQueued (001), TokenNotActive (003)
   */
  async admit(claims: Claims, purpose: 'read' | 'write'): Promise<Visitor> {
    const visitor = { userId: claims.userId, seq: claims.seq };
    if (purpose === 'read' && this.isInsideByCopy(claims)) return visitor;
    try {
      const { status } = await this.settle(claims);
      if (status !== 'PROGRESS') throw new TokenNotActive(status);
    } catch (error) {
      if ((error instanceof ApiError && error.status < 500) || !this.isInsideByCopy(claims)) throw error;
      this.metrics.guardsByCopy.inc();
    }
    return visitor;
  }

  /**
   * After payment. The sale is committed by now, so a failure here is no failure of the payment: the place is given
   * on when Redis is back.
   */
  async finish(visitor: Visitor): Promise<void> {
    await this.afterwards('place not given on after payment yet', () => this.room.finish(visitor.seq));
  }

  /** After a hold: the visitor is not idle while it has a seat to pay. */
  async stay(visitor: Visitor, holdMs: number): Promise<void> {
    await this.afterwards('hold not made known to the queue', () => this.room.stay(visitor.seq, holdMs));
  }

  private demandOurs(claims: Claims): void {
    if (claims.q !== this.room.queueId) throw new NeverQueued();
  }

  /** Redis' clock, by this process' copy. */
  private nowMs(): number {
    if (this.room.snapshot.gen === 0) throw new Unavailable('The queue');
    return this.room.snapshot.nowMs;
  }

  private isInsideByCopy(claims: Claims): boolean {
    return claims.q === this.room.queueId && this.room.isInside(claims);
  }

  private async settle(claims: Claims): Promise<Settled> {
    this.demandOurs(claims);
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

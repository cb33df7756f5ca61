import { inject, Lifecycle, scoped } from 'tsyringe';
import { processTimeMs } from '../../common/clock';
import { Unavailable } from '../../common/errors';
import { CONFIG, type Config } from '../../config/config';
import { TokenNotIssuedByQueue } from './errors';
import { jittered, pollAfterMs, type PollingOptions } from './polling/interval';
import { WaitingRoomRegistry } from './registry';
import type { CheckedToken, IssuedChallenge, IssuedTicket, QueueStatus } from './schema';
import { QueueStatusService } from './status/service';
import type { GateName } from './tokens/gates/token-gate';
import { type IssueOptions, redisNowMs, TokenIssuer } from './tokens/issuer';
import { type Claims, TokenCodec } from './tokens/token';

export interface QueuePosition {
  status: QueueStatus;
  /** 0 unless waiting. */
  position: number;
}

/** A stream token is part of URLs, which proxies log: it expires soon, and only opens a stream. */
const STREAM_TOKEN_SECONDS = 60;

/** The waiting room as its users meet it: tokens and polls. SessionGuard lets only active users pass. */
@scoped(Lifecycle.ContainerScoped)
export class QueueService {
  private readonly polling: PollingOptions;

  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly tokens: TokenCodec,
    private readonly issuer: TokenIssuer,
    private readonly statuses: QueueStatusService,
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

  /**
   * The same for what a token of any status may do, so that no queue is asked about its entry. When both
   * stores have been made again, the user of an earlier token is somebody else.
   * @throws TokenNotIssuedByQueue (001), Unavailable (503) before the first snapshot
   */
  identifyOfHistory(token: string): Claims {
    const claims = this.identify(token);
    const room = this.rooms.roomOf(claims);
    if (room.isOfHistory(claims.gen)) return claims;
    if (room.snapshot.gen === 0) throw new Unavailable('The queue');
    throw new TokenNotIssuedByQueue();
  }

  /** For a client that cannot send headers: a token for the URL of a stream. @throws TokenNotIssuedByQueue (001) */
  issueStreamToken(claims: Claims): IssuedTicket {
    const untilMs = redisNowMs(this.rooms.roomOf(claims)) + STREAM_TOKEN_SECONDS * 1000;
    return { ticket: this.tokens.signStreamToken(claims, untilMs), expiresInSeconds: STREAM_TOKEN_SECONDS };
  }

  /** The claims of the queue token that the stream token stands for. @throws Unauthorized (401) */
  identifyByStreamToken(streamToken: string): Claims {
    return this.tokens.readStreamToken(streamToken, redisNowMs(this.rooms.main));
  }

  /** Polls: status and position of a token. Waiting costs no I/O. @throws TokenNotIssuedByQueue (001) */
  async check(claims: Claims): Promise<CheckedToken> {
    return this.describe(claims, this.poll(claims) ?? (await this.rooms.resolve(claims)));
  }

  /** Polls without I/O; undefined when only Redis can tell. @throws TokenNotIssuedByQueue (001) */
  poll(claims: Claims): QueuePosition | undefined {
    const room = this.rooms.roomOf(claims);
    const position = room.poll(room.entryOf(claims));
    return position && { position: 0, ...position };
  }

  /** The answer to a poll. The interval that it gives to the client is recorded. */
  describe(claims: Claims, { status, position }: QueuePosition): CheckedToken {
    const room = this.rooms.roomOf(claims);
    const { state: queueState, opensAt, chance } = this.statuses.standing(room, position);
    const standing = { seq: room.entryOf(claims).seq, queueState, opensAt, chance };
    if (status !== 'WAITING') return { queuePosition: 0, status, etaSeconds: 0, pollAfterMs: 0, ...standing };
    const { seconds: etaSeconds, soonestSeconds } = room.estimateEta(room.entryOf(claims), position);
    const afterMs = jittered(pollAfterMs(position, room.snapshot.waiting, soonestSeconds, this.polling));
    room.recordPollInterval(afterMs);
    return { queuePosition: position, status, etaSeconds, pollAfterMs: afterMs, ...standing };
  }
}

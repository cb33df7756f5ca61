import { inject, Lifecycle, scoped } from 'tsyringe';
import { Conflict, Forbidden } from '../../common/errors';
import { CONFIG, type Config } from '../../config/config';
import { Hs256 } from '../../platform/jwt';
import { QueueService } from '../waiting-room/service';
import { TokenIssuer } from '../waiting-room/tokens/issuer';
import { RehearsalRequests } from './requests';
import type { PassClaims } from './schema';

/** Longer than a rehearsal may take. When its users are removed, a pass is good for nobody. */
const LIFE_MS = 4 * 3_600_000;

/**
 * Passes by which test users get tokens where these cost something: nobody can solve a widget or log in for thousands of
 * users that do not exist. An operator gets one, and it is good for the users and the queue of one rehearsal alone.
 */
@scoped(Lifecycle.ContainerScoped)
export class RehearsalPasses {
  private readonly jwt: Hs256;

  constructor(
    private readonly requests: RehearsalRequests,
    private readonly queue: QueueService,
    private readonly issuer: TokenIssuer,
    @inject(CONFIG) config: Config,
  ) {
    this.jwt = new Hs256(config.TOKEN_SECRET, config.TOKEN_SECRET_SECONDARY);
  }

  /** @throws Conflict (409): no such rehearsal is under way */
  async issue(rehearsalId: number): Promise<{ pass: string; expiresInSeconds: number }> {
    const staged = await this.requests.staged(rehearsalId);
    if (staged === undefined) throw new Conflict(`Rehearsal ${rehearsalId} is not under way.`);
    const untilMs = Math.ceil(this.queue.nowMs) + LIFE_MS;
    const claims: PassClaims = { purpose: 'rehearsal-pass', ...staged, untilMs };
    return { pass: this.jwt.sign(claims), expiresInSeconds: LIFE_MS / 1000 };
  }

  /** @throws Forbidden (403): the pass is not of this installation, too old, or for other users or another queue */
  check(pass: string, userId: number, queueId: string): void {
    const claims = this.jwt.verify(pass);
    if (!isPass(claims) || claims.untilMs <= this.queue.nowMs)
      throw new Forbidden(
        'The pass is from another installation, or has expired: ask /v1/admin/rehearsals/{id}/pass for a new one.',
      );
    const { firstUserId, users } = claims;
    if (claims.queueId !== queueId || userId < firstUserId || userId >= firstUserId + users)
      throw new Forbidden('The pass is only good for the users and the queue of its rehearsal.');
  }

  /** The token of a test user, whose pass has been checked. @throws NotFound (404): the rehearsal is over */
  async issueToken(userId: number, queueId: string): Promise<{ queueToken: string }> {
    return this.issuer.issueRehearsed(userId, queueId);
  }
}

/** The secret signs other things as well. */
const isPass = (value: unknown): value is PassClaims =>
  typeof value === 'object' && value !== null && 'purpose' in value && value.purpose === 'rehearsal-pass';

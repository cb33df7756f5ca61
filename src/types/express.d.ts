import type { Exchange } from '../http/exchange';
import type { Subject } from '../modules/identity/verifier';
import type { RequestKey } from '../modules/idempotency/key';
import type { ExpectedVersions } from '../modules/organizer/errors';
import type { Operator } from '../modules/organizer/operators/service';
import type { ActiveUser } from '../modules/waiting-room/state/session';
import type { Claims } from '../modules/waiting-room/tokens/token';

/** What middleware adds to requests and responses; each is there behind the middleware that adds it. */
declare global {
  namespace Express {
    interface Response {
      /** Of `context`, the first middleware of every app. */
      exchange: Exchange;
    }

    interface Request {
      /** Of `token` and `streamToken`. */
      claims: Claims;
      /** Of `asserted`, if an assertion is required. */
      subject?: Subject;
      /** Of `active`. */
      activeUser: ActiveUser;
      /** Why the token was found not to be active. */
      inactive?: unknown;
      /** Of `access`, on the management port. */
      operator: Operator;
      /** Of `ifMatch`. */
      expectedVersions: ExpectedVersions;
      /** Of the idempotency middleware; undefined when the request carries no Idempotency-Key. */
      idempotencyKey: RequestKey | undefined;
    }
  }
}

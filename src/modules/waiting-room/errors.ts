import { Conflict, DomainError, Forbidden, Unauthorized, Unavailable } from '../../common/errors';
import type { QueueStatus } from './schema';

/** 001: a genuine token that this queue never issued (of another installation, or of a queue that does not exist any more). */
export class TokenNotIssuedByQueue extends DomainError {
  constructor() {
    super('001', 'This token never came through the queue: ask for a new one.');
  }
}

/** 003: the token waits, has paid or has expired; only a token in PROGRESS may go on. */
export class TokenNotActive extends DomainError {
  constructor(readonly queueStatus: QueueStatus) {
    super('003', `The queue token is not active: its status is ${queueStatus}.`);
  }
}

/** 409: holds have prolonged the session as far as they may; it ends with the holds that the user has. */
export class SessionUsedUp extends Conflict {
  constructor() {
    super('Your session is over but for the seats that you hold: pay for them, or ask for a new token.');
  }
}

/** 403: what the gate demands for a token is missing, wrong or too old. */
export class GateRefused extends Forbidden {}

/** 403: the proof has given an entry before that is not live any more, or that belongs to another queue or user. */
export class ProofSpent extends GateRefused {
  constructor() {
    super('The proof is spent: get another one.');
  }
}

/** 401: there is no Private Access Token, or one that does not answer a challenge of this queue. */
export class PrivateTokenRefused extends Unauthorized {
  /** @param authenticate the challenge to answer */
  constructor(why: string, authenticate: string) {
    super(`${why}: answer the challenge in WWW-Authenticate.`, authenticate);
  }
}

/** 503: Redis has lost the queue's state again each time that it was restored: one failover after the other, or FLUSHALL. */
export class QueueLostAgain extends Unavailable {
  constructor(queueId: string) {
    super('The queue', 1, `Queue ${queueId} could not be restored: try again shortly.`);
  }
}

/** 412: another operator has changed it since the caller read it. */
export class ChangedMeanwhile extends DomainError {
  constructor(what: string) {
    super('412', `${what} has been changed meanwhile: look at it again, then repeat the command.`);
  }
}

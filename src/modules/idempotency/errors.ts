import { Conflict, DomainError } from '../../common/errors';

/** 422: the key was used for another request. */
export class KeyReused extends DomainError {
  constructor() {
    super('422', 'This Idempotency-Key was used before with another request.');
  }
}

/** 409: another request with the key has not been answered yet. */
export class KeyInUse extends Conflict {
  constructor() {
    super('A request with this Idempotency-Key is under way.', { retryAfterSeconds: 1 });
  }
}

/** 409: a duplicate was answered while this request was under way. `recall` has the answer; nothing was done. */
export class AnsweredMeanwhile extends Conflict {
  constructor() {
    super('A request with this Idempotency-Key was answered just now: send it again to see the answer.', {
      retryAfterSeconds: 1,
    });
  }
}

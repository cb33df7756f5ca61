import { DomainError } from '../../common/errors';

/** 400: the target is not one that may be called; another one must be given. */
export class TargetRefused extends DomainError {
  constructor(why: string) {
    super('400', `The URL is refused: ${why}.`);
  }
}

/** A stored secret that no configured key opens: calls of its webhook cannot be signed. */
export class SecretUnreadable extends Error {
  constructor() {
    super(
      'its secret cannot be decrypted: WEBHOOK_ENCRYPTION_KEY and WEBHOOK_ENCRYPTION_KEY_SECONDARY are other keys',
    );
    this.name = 'SecretUnreadable';
  }
}

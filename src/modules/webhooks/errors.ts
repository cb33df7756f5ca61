import { DomainError } from '../../common/errors';

/** 400: the target is not one that may be called; another one must be given. */
export class TargetRefused extends DomainError {
  constructor(why: string) {
    super('400', `The URL is refused: ${why}.`);
  }
}

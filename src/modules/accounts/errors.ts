import { Conflict } from '../../common/errors';

/** 409: with that amount the balance would be more than 2^53 − 1 won. */
export class BalanceFull extends Conflict {
  constructor() {
    super('The balance cannot hold that much: spend some of it first.');
  }
}

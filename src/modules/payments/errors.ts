import { Conflict } from '../../common/errors';

/** 005: charge first. */
export class BalanceTooSmall extends Conflict {
  constructor() {
    super('The balance is too small for this reservation: charge it first.', { code: '005' });
  }
}

export class AlreadyPaid extends Conflict {
  /** @param what "Order 7", "Reservation 7" */
  constructor(what: string) {
    super(`${what} is paid already.`);
  }
}

export class HoldEnded extends Conflict {
  /** @param what "Order 7", "Reservation 7" */
  constructor(what: string) {
    // The study's payment of a reservation has the number, an order's the word.
    const code = what.startsWith('Order') ? 'HOLD_ENDED' : '409';
    super(`The hold of ${what.toLowerCase()} has ended: reserve again.`, { code });
  }
}

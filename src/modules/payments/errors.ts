import { Conflict } from '../../common/errors';

/** 005: charge first. */
export class BalanceTooSmall extends Conflict {
  constructor() {
    super('The balance is too small for this reservation: charge it first.', { code: '005' });
  }
}

export class AlreadyPaid extends Conflict {
  constructor(reservationId: number) {
    super(`Reservation ${reservationId} is paid already.`);
  }
}

export class HoldEnded extends Conflict {
  constructor(reservationId: number) {
    super(`The hold of reservation ${reservationId} has ended: reserve again.`);
  }
}

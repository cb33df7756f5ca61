import type { ActiveUser } from '../../waiting-room/state/session';

/** A seat that somebody wants to hold. */
export interface WantedSeat {
  user: ActiveUser;
  scheduleId: number;
  seatId: number;
}

/** A free seat as its locked row has it. */
export interface LockedSeat {
  id: number;
  position: number;
  /** Won. */
  amount: number;
  /** It is free because its hold has expired. */
  isExpired: 0 | 1;
}

/** A schedule of which seats are wanted. Its row and its concert's are locked, shared: it stays as it was read. */
export interface LockedSchedule {
  id: number;
  concertTitle: string;
  startsAt: Date;
  endsAt: Date;
  /** The concert's queue. */
  queueId: string;
  isStarted: 0 | 1;
  /** It is published, and its sale has opened and not closed. */
  isOnSale: 0 | 1;
  /** The sale's window; null: nothing limits it. */
  windowOpensAt: Date | null;
  windowClosesAt: Date | null;
  /** null: it has opened. */
  opensAt: Date | null;
  /** Most seats of the schedule for one user, if it has a separate limit. */
  seatLimit: number | null;
}

/** Facts that decide on a wanted seat, besides the seat and its schedule. */
export interface SeatFacts {
  /** The database's clock once all locks were taken, the same for all of a batch. */
  now: Date;
  /** The user's session has. */
  hasPaid: 0 | 1;
  /** null: there is no such seat. */
  seatScheduleId: number | null;
  /** Seats of the schedule that the user holds or has bought. */
  seatsOfUser: number;
  /** The seat's live reservation, if it has one. */
  reservationId: number | null;
  orderId: number | null;
  holderId: number | null;
  /** The queue in which it was held; null: made by an older version. */
  heldInQueueId: string | null;
  isSold: 0 | 1;
  isExpired: 0 | 1;
  reservedAt: Date;
  heldUntil: Date;
  /** What is left of the hold, milliseconds. */
  leftMs: number;
}

/** An order to be written. */
export interface NewOrder {
  user: ActiveUser;
  seats: LockedSeat[];
  schedule: LockedSchedule;
  /** Won. */
  total: number;
}

/** When the holds of a batch begin and end, by the database's clock. */
export interface HoldTimes {
  holdSeconds: number;
  reservedAt: Date;
  heldUntil: Date;
}

/** A reservation on hold. */
export interface HeldSeat {
  id: number;
  seatId: number;
  reservedAt: Date;
  heldUntil: Date;
}

/** A reservation that was written. */
export interface HeldRow extends HeldSeat {
  concertTitle: string;
  seatPosition: number;
  /** Won. */
  amount: number;
}

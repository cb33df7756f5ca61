import type { Answered } from '../load.ts';

/** `refusal`: a reserve of a seat that somebody else holds, which gets 004. */
export type Act = 'reserve' | 'payment' | 'refusal';

/** One act: everything follows from its index. */
export interface Item {
  userId: number;
  seq: number;
  scheduleId: number;
  seatId: number;
  reservationId: number;
}

export type Question = {
  /** `service`: by the product's service in that process; `raw`: by the bare connector, one transaction each. */
  do: 'service' | 'raw';
  act: Act;
  /** Of an order; by the service only. Absent: the study's reserve, one seat. */
  seats?: number;
  from: number;
  to: number;
  seconds: number;
  /** Items under way at once. */
  atOnce: number;
};

/** A worker's answer. */
export type Worked = Answered;

import type { Operation } from './history.ts';

/** One entry of the queue's own log of who entered and left: the exact order, without gaps between looks. */
export interface Admission {
  /** Order in which it happened. */
  order: number;
  seq: number;
  entered: boolean;
  /** When it was seen, at the latest; since the run's start. */
  atMs: number;
}

export interface ReservationRow {
  id: number;
  userId: number;
  seatId: number;
  status: 'TEMP_RESERVED' | 'RESERVED' | 'CANCELED';
  amount: number;
  /** Since the run's start, by the database's clock. */
  reservedMs: number;
  heldUntilMs: number;
  /** Without it the reservation is a separate order. */
  orderId?: number;
  /** Its hold was prolonged once. */
  extended?: 0 | 1;
  /** When it was released or refunded; null: neither. */
  endedMs?: number | null;
}

/** Content of the stores at the end of the run. */
export interface FinalState {
  balances: Map<number, number>;
  ledger: {
    userId: number;
    kind: 'CHARGE' | 'PAYMENT' | 'REFUND';
    amount: number;
    paymentId: number | null;
  }[];
  reservations: ReservationRow[];
  payments: {
    id: number;
    reservationId: number;
    /** Without it the payment is for the reservation alone. */
    orderId?: number;
    userId: number;
    amount: number;
    status: string;
  }[];
  events: { eventId: string; topic: string; reservationId: number; delivered: boolean }[];
}

/** Something that was done to the system, and when. */
export interface Injected {
  nemesis: string;
  what: string;
  target: string;
  fromMs: number;
  /** When the target of the fault answered again. */
  untilMs: number;
  /** Observed effect, if any is known. */
  seen?: string;
  /** Failure of the fault itself, as a process that did not end as it should. */
  wrong?: string;
}

/** A part of the run. */
export interface PhaseRecord {
  name: string;
  fromMs: number;
  toMs: number;
  faults: Injected[];
}

/** All that a run is judged by. */
export interface Evidence {
  operations: Operation[];
  state: FinalState;
  admissions: Admission[];
  /** Calls that the webhook received; the Idempotency-Key of a call is the id of its event. */
  calls: { key: string; atMs: number }[];
  /** Most active users seen at once. */
  mostActive: number;
  activeLimit: number;
  holdMs: number;
  /** Of a hold that was prolonged. */
  extensionMs?: number;
  sessionMs: number;
  maxWaitMs: number;
  presenceTimeoutMs: number;
  phases: PhaseRecord[];
}

export type Check =
  | 'double sale'
  | 'ledger drift'
  | 'lost 2xx'
  | 'key acted twice'
  | 'limit exceeded'
  | 'order inversion'
  | 'entry lost'
  | 'hold ended early'
  | 'hold freed late'
  | 'event lost'
  | 'phantom event'
  | 'wrong answer'
  | 'no success'
  | 'invariant'
  | 'unfair log'
  | 'untrue report'
  | 'unclean end';

export interface Violation {
  check: Check;
  /** When it showed; undefined: at the end. */
  atMs?: number;
  what: string;
}

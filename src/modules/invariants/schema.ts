import type { SqlParam } from '../../platform/database/database';

/** The invariants whose keeping can be seen from the state; the others (I3, I10) need a history to be judged. */
export const INVARIANTS = {
  I1: 'a seat has at most one live reservation, agrees with it, and is sold exactly when it is paid for',
  I2: 'balance = sum of the ledger, never negative, and money is conserved',
  I4: 'no Idempotency-Key was committed without its answer',
  I5: 'each hold, each sale and each refund has one event, and each delivered event has acted',
  I6: 'no queue has more active users than its limit',
  I7: 'nobody has been admitted out of order',
  I8: 'no hold is longer than it was to be, and past ones are tidied up',
  I9: 'nobody has paid for the reservation of another',
  I11: 'nothing was sold before its sale had opened, or after it had closed',
} as const;

export type InvariantId = keyof typeof INVARIANTS;

export type Row = Record<string, string | number | Date | null>;

/** Most offending rows shown of each finding. */
export const ROWS_SHOWN = 20;

/** Offending rows of one kind. `more`: there are others besides these. */
export interface Finding {
  what: string;
  severity: 'violation' | 'warning';
  rows: Row[];
  more: boolean;
}

/** `unknown`: the database or Redis could not be reached. `skipped`: the check was not requested. */
export type InvariantStatus = 'ok' | 'warning' | 'violated' | 'unknown' | 'skipped';

export interface InvariantResult {
  id: InvariantId;
  about: string;
  verdict: InvariantStatus;
  findings: Finding[];
  /** Why it is unknown or skipped. */
  reason?: string;
}

/** `ok`: nothing is violated and nothing unknown; warnings and skipped checks do not count. */
export interface InvariantReport {
  ok: boolean;
  results: InvariantResult[];
}

/** Tables that are scanned by id. */
export const TABLES = [
  'member',
  'concert_seat',
  'orders',
  'reservation',
  'payment',
  'payment_history',
  'outbox',
] as const;
export type Table = (typeof TABLES)[number];

/** Tables that are scanned in the order of (user_id, id): a user may have any number of rows in them. */
export const USER_SCANS = {
  'payment_history by user': { table: 'payment_history', index: 'history_by_user', beforeFirst: 0 },
  'idempotency_key by user': { table: 'idempotency_key', index: 'PRIMARY', beforeFirst: '' },
} as const;
export type UserScan = keyof typeof USER_SCANS;

export type Scan = Table | UserScan;

/** Ids from `first` to `last`; the events about them have outbox ids from `eventsFrom` on. */
export interface IdSpan {
  first: number;
  last: number;
  eventsFrom: number;
}

/** A row in the order of (user_id, id). */
export interface UserKey {
  userId: number;
  id: number | string;
}

/** Rows behind `after`, up to and including `last`, in the order of (user_id, id). */
export interface UserSpan {
  after: UserKey;
  last: UserKey;
}

export type Span = IdSpan | UserSpan;

export const EVERYTHING: IdSpan = { first: 0, last: Number.MAX_SAFE_INTEGER, eventsFrom: 0 };

/**
 * One SELECT that returns the offending rows, and none when all is well. It looks at a span of rows only: at ids
 * `BETWEEN @first AND @last`, or in a scan by user at rows behind (@after_user, @after_id) up to (@last_user, @last_id).
 * What it reads per row of the span is bounded, whatever else a user, a seat or a schedule has.
 */
export interface SqlCheck {
  invariant: InvariantId;
  what: string;
  /** Without it: a violation. */
  severity?: Finding['severity'];
  /** Whose rows; without it the check needs all rows, or its index makes it cheap. */
  along?: Scan;
  /** Only judged soon after the rows were written: later the rows to compare with are expensive to find. */
  whileFresh?: true;
  sql: string;
  /** The same, asked of fresh rows of a table, when `along` is not that table by id. */
  fresh?: { along: Table; sql: string };
  binds?: SqlParam[];
}

/** State of one queue in Redis at one instant. */
export interface QueueState {
  queueId: string;
  /** undefined when the state is lost and not yet restored */
  issued: number | undefined;
  headSeq: number | undefined;
  /** Users whose session has not ended. */
  active: number;
  /** The limit at the last admission; undefined: nobody was admitted yet. */
  limitAtAdmission: number | undefined;
  /** Seqs active or come back although their turn has not been, at most ROWS_SHOWN + 1. */
  tooEarly: number[];
}

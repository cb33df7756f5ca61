import type { Answered } from './load.ts';

export type Act = 'reserve' | 'payment';

/** One hold or one payment: everything follows from its index. */
export interface Item {
  userId: number;
  seq: number;
  scheduleId: number;
  seatId: number;
  reservationId: number;
}

/** A value bound to a statement: the same each time, or the item's, or made each time. */
export type Slot = { value: unknown } | { of: keyof Item | 'insertId' | 'uuid' };

/** What our path asked of MariaDB for one item, in order; replayed as it is by the limit. */
export type Step =
  { kind: 'begin' | 'commit' | 'rollback' } | { kind: 'execute' | 'query'; sql: string; binds: Slot[] };

export type Question =
  | { do: 'record'; act: Act; from: number }
  | { do: 'service'; act: Act; from: number; to: number; seconds: number }
  | { do: 'raw'; act: Act; plan: Step[]; from: number; to: number; seconds: number };

/** A worker's answer to `record` is the plan, else this. */
export type Worked = Answered;

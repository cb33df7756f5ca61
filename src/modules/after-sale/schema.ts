import type { ChanceFigures, Distribution } from './figures';
import type { Counts } from './queue-replay';
import type { Hall } from './repository';

/** Events of one minute of the sale, and the state at its end. */
export interface Minute {
  /** 0 is the first. */
  minute: number;
  issued: number;
  admitted: number;
  paid: number;
  /** Sessions that ended otherwise. */
  ended: number;
  sold: number;
  returned: number;
  won: number;
  waiting: number;
  active: number;
  /** The limit of the last admission so far; null: nobody was admitted yet. */
  limit: number | null;
  freeSeats: number;
}

/** A limit under which entries were admitted, from that time on. */
export interface LimitChange {
  ms: number;
  source: string;
  limit: number;
  /** Admissions a second; null: no limit. */
  rate: number | null;
}

/** A sale as its transparency log and its orders tell it. */
export interface SaleReport {
  queueId: string;
  halls: Hall[];
  /** Milliseconds since 1970. */
  fromMs: number;
  toMs: number;
  counts: Omit<Counts, 'waitsMs'>;
  /** First admissions. */
  admitted: number;
  /** Entries that were never admitted, by why. */
  refused: {
    /** The turn came while they were absent. */
    absent: number;
    /** The turn did not come. */
    notReached: number;
  };
  sold: number;
  returned: number;
  won: number;
  /** When the last seat was sold, seconds after the beginning; null: the sale did not sell out. */
  soldOutAfterSeconds: number | null;
  /** Seconds. */
  waits: Distribution;
  /** Actual minus estimated wait, seconds. */
  etaError: Distribution;
  /** Its amount. */
  etaAbsoluteError: Distribution;
  chances: ChanceFigures;
  limits: LimitChange[];
  minutes: Minute[];
  /** The log that all of this was read from. */
  checkpoint: { size: number; root: string; note: string };
}

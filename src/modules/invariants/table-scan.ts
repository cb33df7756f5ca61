import type { SqlExecutor } from '../../platform/database/database';
import { within } from './repository';
import {
  type IdSpan,
  type Scan,
  type Span,
  type Table,
  TABLES,
  USER_SCANS,
  type UserKey,
  type UserScan,
} from './schema';

/** Rows are fresh for two looks: of two transactions the one with the smaller id may commit later. */
const FRESH_LOOKS = 2;
/** More are not fresh at once (after an outage): the scan will come by. */
const FRESH_MOST = 20_000;
/** Behind every row: in the order of (user_id, id) the user alone decides. */
const BEHIND_ALL = Number.MAX_SAFE_INTEGER;

/** Each part is answered by one end of an index. */
const POSITION = (table: Table): string =>
  `SELECT * FROM (SELECT (SELECT MIN(id) FROM ${table} WHERE id > ?) AS next, (SELECT MAX(id) FROM ${table}) AS last) position`;

/** The last row of a chunk: `?` rows behind the first one that follows (user, id). */
const END_OF_CHUNK = (scan: UserScan): string => {
  const { table, index } = USER_SCANS[scan];
  return `SELECT user_id AS userId, id FROM ${table} FORCE INDEX (${index})
           WHERE (user_id = ? AND id > ?) OR user_id > ? ORDER BY user_id, id LIMIT 1 OFFSET ?`;
};

/** Everything of one scan that is to be checked in one turn. */
export interface ScanStep {
  /** Written since a little while ago. */
  fresh?: IdSpan;
  /** The next chunk; behind the last one the scan begins again. */
  chunk?: Span;
  /** No chunk follows this one. */
  isLast: boolean;
  /** Says that the step was taken: the next one is the one behind it. */
  done: () => void;
}

/** One table by id or by user, a chunk at a time. */
export interface TableScan {
  readonly name: Scan;
  /**
   * @param rows most rows of the chunk
   * @param limitMs longest time that finding the place may take
   * @throws an error for which `isTooSlow` holds
   */
  step(on: SqlExecutor, rows: number, limitMs?: number): Promise<ScanStep>;
}

/** The last ids of a table and of the outbox at an earlier look. */
interface Ends {
  last: number;
  outbox: number;
}

class IdScan implements TableScan {
  private at = 0;
  /** Youngest first. */
  private readonly ends: Ends[] = [];

  constructor(
    readonly name: Table,
    private readonly outbox: { end: number },
  ) {}

  async step(on: SqlExecutor, rows: number, limitMs?: number): Promise<ScanStep> {
    const [position] = await on.query<{ next: number | null; last: number | null }>(
      within(limitMs, POSITION(this.name)),
      [this.at],
    );
    const { next = null, last } = position ?? {};
    const end = last ?? 0;
    if (this.name === 'outbox') this.outbox.end = end;
    const outbox = this.outbox.end;
    const eventsFrom = this.eventsFrom();
    const seen = Math.max(this.earlier(FRESH_LOOKS)?.last ?? end, end - FRESH_MOST);
    const isLast = next === null || next + rows > end;
    return {
      ...(seen < end && { fresh: { first: seen + 1, last: end, eventsFrom } }),
      ...(next !== null && { chunk: { first: next, last: next + rows - 1, eventsFrom } }),
      isLast,
      done: () => {
        this.at = isLast ? 0 : next + rows - 1;
        this.ends.unshift({ last: end, outbox });
        this.ends.length = Math.min(this.ends.length, FRESH_LOOKS + 1);
      },
    };
  }

  /** A fresh row's event may have been written before those that were there when the row was not. */
  private eventsFrom(): number {
    const before = this.earlier(FRESH_LOOKS + 1)?.outbox ?? 0;
    return 1 + (this.ends.length > FRESH_LOOKS ? before : Math.max(0, before - FRESH_MOST));
  }

  /** This many looks ago, or at the first look when there were fewer. */
  private earlier(looks: number): Ends | undefined {
    return this.ends[looks - 1] ?? this.ends.at(-1);
  }
}

class InOrderOfUsers implements TableScan {
  private after: UserKey;

  constructor(readonly name: UserScan) {
    this.after = this.beforeFirst;
  }

  async step(on: SqlExecutor, rows: number, limitMs?: number): Promise<ScanStep> {
    const { userId, id } = this.after;
    const [last] = await on.query<UserKey>(within(limitMs, END_OF_CHUNK(this.name)), [
      userId,
      id,
      userId,
      rows - 1,
    ]);
    const end = last ?? { userId: BEHIND_ALL, id: USER_SCANS[this.name].beforeFirst };
    return {
      chunk: { after: this.after, last: end },
      isLast: last === undefined,
      done: () => (this.after = last ?? this.beforeFirst),
    };
  }

  private get beforeFirst(): UserKey {
    return { userId: 0, id: USER_SCANS[this.name].beforeFirst };
  }
}

/** The scans of all tables, each with its own place. The outbox comes first, because others need its end. */
export const scansOfAll = (): TableScan[] => {
  const outbox = { end: 0 };
  const ids = [...TABLES].sort((a, b) => Number(b === 'outbox') - Number(a === 'outbox'));
  return [
    ...ids.map((table) => new IdScan(table, outbox)),
    ...(Object.keys(USER_SCANS) as UserScan[]).map((scan) => new InOrderOfUsers(scan)),
  ];
};

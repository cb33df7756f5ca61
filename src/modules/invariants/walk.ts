import type { Statements } from '../../infra/database';
import { type Span, type Table, TABLES } from './schema';

/** Rows are fresh for two looks: of two transactions the one with the smaller id may commit later. */
const FRESH_LOOKS = 2;
/** More are not fresh at once (after an outage): the walk will come by. */
const FRESH_MOST = 20_000;

/** One statement, each part answered by one end of an index. */
const POSITIONS = TABLES.map(
  (table) => `SELECT '${table}' AS name, (SELECT MIN(id) FROM ${table} WHERE id > ?) AS next,
                     (SELECT MAX(id) FROM ${table}) AS last`,
).join(' UNION ALL ');

interface Position {
  name: Table;
  next: number | null;
  last: number | null;
}

/** What to look at in one turn. */
export interface Step {
  /** Written since a little while ago. */
  fresh?: Span;
  /** The next piece of the table; when its end is reached it begins anew. */
  piece?: Span;
}

/** Goes through the tables, a piece at a time, and sees what is new at once. */
export class Walk {
  private readonly at = new Map<Table, number>();
  /** The last id of each table at the looks before, youngest first. */
  private readonly ends: Map<Table, number>[] = [];

  /** @param rows the length of a piece @returns what is next, again and again until `done` is called */
  async step(on: Statements, rows: number): Promise<{ steps: Map<Table, Step>; done: () => void }> {
    const after = TABLES.map((table) => this.at.get(table) ?? 0);
    const positions = await on.rows<Position>(POSITIONS, after);
    const eventsFrom = this.eventsFrom();
    const steps = new Map<Table, Step>();
    for (const { name, next, last } of positions) {
      const end = last ?? 0;
      const seen = Math.max(this.end(name, FRESH_LOOKS) ?? end, end - FRESH_MOST);
      steps.set(name, {
        ...(seen < end && { fresh: { first: seen + 1, last: end, eventsFrom } }),
        ...(next !== null && { piece: { first: next, last: next + rows - 1, eventsFrom } }),
      });
    }
    const done = (): void => {
      for (const { name, next, last } of positions)
        this.at.set(name, next === null || next + rows > (last ?? 0) ? 0 : next + rows - 1);
      this.ends.unshift(new Map(positions.map(({ name, last }) => [name, last ?? 0])));
      this.ends.length = Math.min(this.ends.length, FRESH_LOOKS + 1);
    };
    return { steps, done };
  }

  /** A fresh row's event may have been written before those that were there when the row was not. */
  private eventsFrom(): number {
    const before = this.end('outbox', FRESH_LOOKS + 1);
    return 1 + (this.ends.length > FRESH_LOOKS ? (before ?? 0) : Math.max(0, (before ?? 0) - FRESH_MOST));
  }

  /** The table's last id so many looks ago, or at the first look when there were fewer. */
  private end(table: Table, looks: number): number | undefined {
    return (this.ends[looks - 1] ?? this.ends.at(-1))?.get(table);
  }
}

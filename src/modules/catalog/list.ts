import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Unavailable } from '../../common/errors';
import { chunksOf } from '../../common/pieces/chunks';
import type { Schedule, Seat } from './schema';

/** Where a row stands in its list, whose rows ascend by both numbers. */
export type Cursor = readonly [number, number];

type CursorOf<Row> = (row: Row) => Cursor;

/** Rows next to each other: between `from` and `to` of the list's text. */
interface Piece {
  from: number;
  to: number;
  last: Cursor;
}

/** A list as JSON, made once for all its readers. `fallback`: the list could not be read, so this is an old or empty one. */
export interface ListAnswer<Row extends Schedule | Seat = Schedule | Seat> {
  json: string;
  etag: string;
  pieces: readonly Piece[];
  cursorOf: CursorOf<Row>;
  fallback?: 'stale' | 'empty';
}

/** Rows of a list, and the cursor behind which there are more of them. */
export interface ListPage<Row> {
  rows: Row[];
  next: Cursor | undefined;
}

/** A date takes 10 µs to present. */
const ROWS_PER_PIECE = 500;

/** Presents rows piece by piece, each in another turn of the event loop. */
export async function* inPieces<From, To>(rows: From[], present: (row: From) => To): AsyncGenerator<To[]> {
  for (const some of chunksOf(rows, ROWS_PER_PIECE)) {
    yield some.map(present);
    await nextTurn();
  }
}

/**
 * Writes a list page by page: 100,000 seats at once would block the event loop for some hundred ms. The pages come in
 * different turns of it.
 */
export async function listOf<Row extends Schedule | Seat>(
  pages: AsyncIterable<Row[]> | Iterable<Row[]>,
  cursorOf: CursorOf<Row>,
): Promise<ListAnswer<Row>> {
  const hash = createHash('sha1');
  const texts: string[] = [];
  const pieces: Piece[] = [];
  let from = 1;
  for await (const page of pages) {
    const last = page.at(-1);
    if (last === undefined) continue;
    const text = JSON.stringify(page).slice(1, -1);
    hash.update(`,${text}`);
    texts.push(text);
    pieces.push({ from, to: from + text.length, last: cursorOf(last) });
    from += text.length + 1;
  }
  const etag = `W/"${hash.digest('base64url')}"`;
  return { json: `[${texts.join(',')}]`, etag, pieces, cursorOf };
}

/** That a list cannot be read, and no earlier one is known. */
export const emptyList = <Row extends Schedule | Seat>(): ListAnswer<Row> => ({
  json: '[]',
  etag: 'W/"none"',
  pieces: [],
  cursorOf: () => [0, 0],
  fallback: 'empty',
});

/**
 * A page of a list. Only the pieces are parsed in which its rows can be, in different turns of the event loop.
 * @param after the cursor that the page before ended with
 * @throws Unavailable (503): the list could not be read, and no earlier one is known. It must not look like one without rows.
 */
export async function pageOf<Row extends Schedule | Seat>(
  { json, pieces, cursorOf, fallback }: ListAnswer<Row>,
  after: Cursor,
  count: number,
  isWanted: (row: Row) => boolean = () => true,
): Promise<ListPage<Row>> {
  if (fallback === 'empty') throw new Unavailable('The list');
  const rows: Row[] = [];
  for (const { from, to } of pieces.filter(({ last }) => isBehind(last, after))) {
    const all = JSON.parse(`[${json.slice(from, to)}]`) as Row[];
    for (const row of all) if (isBehind(cursorOf(row), after) && isWanted(row)) rows.push(row);
    const last = rows[count - 1];
    if (last !== undefined && rows.length > count)
      return { rows: rows.slice(0, count), next: cursorOf(last) };
    await nextTurn();
  }
  return { rows, next: undefined };
}

const isBehind = (one: Cursor, other: Cursor): boolean =>
  one[0] > other[0] || (one[0] === other[0] && one[1] > other[1]);

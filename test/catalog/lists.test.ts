import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Cursor,
  inPieces,
  type ListAnswer,
  listOf,
  type ListPage,
  pageOf,
} from '../../src/modules/catalog/list';
import { encode } from '../../src/modules/catalog/routes';
import type { Seat } from '../../src/modules/catalog/schema';

describe('a list made once for all its readers', () => {
  it('takes no more memory than its bytes, however short it is, and is encoded once', () => {
    const list = { json: '[{"seatId":1}]', etag: '"1"' };
    const { text } = encode(list);
    expect(text.toString()).toBe('{"resultType":"SUCCESS","data":[{"seatId":1}],"exception":null}');
    expect((text as Buffer).buffer.byteLength).toBe(text.length);
    expect(encode(list)).toBe(encode(list));
  });

  it('is presented in pieces between which the event loop turns', async () => {
    let turns = 0;
    let isCounting = true;
    const count = (): void => {
      turns++;
      if (isCounting) setImmediate(count);
    };
    setImmediate(count);
    const turnOf: number[] = [];
    const rows = Array.from({ length: 10_000 }, (_, i) => i);
    const pieces = [];
    for await (const piece of inPieces(rows, (row) => row && -row)) {
      pieces.push(piece);
      turnOf.push(turns);
    }
    isCounting = false;
    expect(pieces.flat()).toEqual(rows.map((row) => row && -row));
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(500);
    expect(new Set(turnOf).size).toBe(pieces.length);
  });

  describe('of which readers take pages', () => {
    const PER_PIECE = 50;
    const seats = Array.from({ length: 1000 }, (_, i): Seat => {
      const position = 1 + Math.floor(i / 3); // three of each: only the id tells them apart
      return { seatId: 1 + i, position, amount: 100 * (i % 2), seatStatus: 'AVAILABLE' };
    });
    async function* pieces(): AsyncGenerator<Seat[]> {
      for (let i = 0; i < seats.length; i += PER_PIECE) {
        yield seats.slice(i, i + PER_PIECE);
        yield [];
      }
      await nextTurn();
    }
    let list: ListAnswer<Seat>;
    beforeAll(async () => {
      list = await listOf(pieces(), ({ position, seatId }) => [position, seatId]);
    });

    it('is whole as a text', () => {
      expect(JSON.parse(list.json)).toEqual(seats);
    });

    it('gives each row once, in order, whatever is wanted', async () => {
      for (const isWanted of [undefined, ({ amount }: Seat) => amount > 0, () => false]) {
        const found: Seat[] = [];
        for (let after: Cursor | undefined = [0, 0]; after !== undefined;) {
          const page: ListPage<Seat> = await pageOf(list, after, 70, isWanted);
          expect(page.next === undefined || page.rows.length === 70).toBe(true);
          found.push(...page.rows);
          after = page.next;
        }
        expect(found).toEqual(seats.filter(isWanted ?? (() => true)));
      }
    });

    it('parses only the pieces that have the page', async () => {
      const parse = jest.spyOn(JSON, 'parse');
      const { rows } = await pageOf(list, [201, 602], 20);
      const lengths = parse.mock.calls.map(([text]) => text.length);
      parse.mockRestore();
      expect(rows.map(({ seatId }) => seatId)).toEqual(Array.from({ length: 20 }, (_, i) => 603 + i));
      expect([lengths.length, (lengths[0] ?? 0) < list.json.length / 15]).toEqual([1, true]);
    });
  });
});

import fc from 'fast-check';
import { parseInPieces } from '../../src/common/pieces/json';

const outcome = async (parse: () => unknown): Promise<unknown> => {
  try {
    return { value: await parse() };
  } catch (error) {
    return { isRefused: error instanceof SyntaxError };
  }
};
const expectSame = async (text: string, pieceLetters: number): Promise<void> => {
  const [now, expected] = [
    await outcome(() => parseInPieces(text, pieceLetters)),
    await outcome(() => JSON.parse(text)),
  ];
  expect([text, now]).toEqual([text, expected]);
};

describe('JSON parsed in pieces', () => {
  it('is the same as parsed at once, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 4 }),
        fc.nat(2),
        fc.integer({ min: 1, max: 40 }),
        (value, spaces, letters) => expectSame(JSON.stringify(value, null, spaces), letters),
      ),
    );
  });

  it('is refused where it is refused at once: a letter is missing, doubled or another one', async () => {
    const change = fc.tuple(
      fc.nat(),
      fc.constantFrom('', '"', ',', '[', ']', '{', '}', ':', ' ', '\\', '1', 'null'),
      fc.boolean(),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 3 }),
        fc.array(change, { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 20 }),
        async (value, changes, letters) => {
          let text = JSON.stringify(value);
          for (const [at, sign, isInsert] of changes) {
            const where = at % (text.length + 1);
            text = text.slice(0, where) + sign + text.slice(where + (isInsert ? 0 : 1));
          }
          await expectSame(text, letters);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps a field called __proto__ as one, and the last of two of a name', async () => {
    const text = '{"__proto__":{"a":[1,2,3]},"b":[1,2],"b":[3,4]}';
    const made = (await parseInPieces(text, 4)) as object;
    expect([JSON.stringify(made), Object.getPrototypeOf(made)]).toEqual([
      '{"__proto__":{"a":[1,2,3]},"b":[3,4]}',
      Object.prototype,
    ]);
  });

  it('is parsed a short text at a time, however it is nested, and the event loop turns between', async () => {
    const rows = Array.from({ length: 300 }, (_, row) => ({
      row,
      seats: Array.from({ length: row }, () => 'seat'),
    }));
    const text = JSON.stringify({ sections: [{ rows }, { rows: [] }] });
    let turns = 0;
    const count = (): void => {
      turns++;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    const parse = jest.spyOn(JSON, 'parse');
    const made = await parseInPieces(text, 1000);
    clearImmediate(immediate);
    const longest = Math.max(...parse.mock.calls.map(([piece]) => piece.length));
    parse.mockRestore();
    expect(made).toEqual(JSON.parse(text));
    expect(longest).toBeLessThan(2100);
    expect(turns).toBeGreaterThan(text.length / 1000 / 2);
  });

  it('deeper than anything that is sent is refused', async () => {
    await expect(parseInPieces('['.repeat(1e6), 10)).rejects.toThrow(SyntaxError);
  });
});

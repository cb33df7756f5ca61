import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { Contradiction } from '../../src/modules/organizer/errors';
import { csvLine } from '../../src/modules/organizer/exports/csv';
import { contentOf } from '../../src/modules/organizer/layouts/content';
import { csvLines } from '../../src/modules/organizer/layouts/csv';
import { LayoutRepository } from '../../src/modules/organizer/layouts/repository';
import { LayoutInput, LayoutOutside, type LayoutSeat } from '../../src/modules/organizer/layouts/schema';
import { dataOf, givenOperator, OrganizerClient } from '../support/rows/organizer';
import { UNHURRIED, useService } from '../support/suite';

const CSV = `section,row,number,priceClass,accessible,x,y
Stalls,A,1,VIP,yes,5,7
"Box ""1"", left",1,1,R,,,
Stalls,A,2,VIP,,,
Stalls,B,1,VIP,no,,
`;

const read = async (input: unknown): Promise<LayoutSeat[]> => {
  const { document } = await contentOf(LayoutOutside.parse(input));
  return (JSON.parse(document) as { seats: LayoutSeat[] }).seats;
};

describe('a layout that is given', () => {
  it('as CSV has its seats in sections and rows, and places those without coordinates', async () => {
    const seats = await read({ name: 'x', csv: CSV });
    expect(await read({ name: 'x', csv: `\r\n${CSV.replaceAll('\n', '\r\n\r\n')}` })).toEqual(seats);
    expect([...csvLines('\ufeff"section",row\n')]).toEqual([['section', 'row']]); // as spreadsheets write it
    expect(seats).toEqual([
      { section: 'Stalls', row: 'A', number: '1', priceClass: 'VIP', accessible: true, x: 5, y: 7 },
      { section: 'Stalls', row: 'A', number: '2', priceClass: 'VIP', accessible: false, x: 10, y: 0 },
      { section: 'Stalls', row: 'B', number: '1', priceClass: 'VIP', accessible: false, x: 0, y: 30 },
      { section: 'Box "1", left', row: '1', number: '1', priceClass: 'R', accessible: false, x: 0, y: 20 },
    ]);
  });

  it('as rows × seats, or with each seat by itself, has every seat', async () => {
    const grid = await read({
      name: 'x',
      grid: [{ name: 'S', rows: 2, seatsPerRow: 2, priceClass: 'R', accessibleRows: [2] }],
    });
    expect(grid.map(({ row, number, accessible, x, y }) => [row, number, accessible, x, y])).toEqual([
      ['1', '1', false, 0, 0],
      ['1', '2', false, 10, 0],
      ['2', '1', true, 0, 10],
      ['2', '2', true, 10, 10],
    ]);
    const seat = { number: '1', x: -3, y: 4, priceClass: 'R' };
    expect(
      await read({ name: 'x', sections: [{ name: 'S', rows: [{ label: 'A', seats: [seat] }] }] }),
    ).toEqual([{ section: 'S', row: 'A', accessible: false, ...seat }]);
  });

  it.each([
    ['a seat that comes twice', 'section,row,number,priceClass\nS,A,1,R\nS,A,1,R', /comes twice/],
    [
      'a seat that comes twice in other letters',
      'section,row,number,priceClass\nÉ,A,1,R\nE\u0301,A,1,R',
      /comes twice/,
    ],
    ['a section that nobody can read', 'section,row,number,priceClass\nS\u0007,A,1,R', /line 2: section/],
    ['an unknown column', 'section,row,number,priceClass,colour\nS,A,1,R,red', /unknown columns colour/],
    ['a missing column', 'section,row,number\nS,A,1', /priceClass are missing/],
    ['a line that is too short', 'section,row,number,priceClass\nS,A,1', /line 2 has 3 fields, not 4/],
    ['an empty label', 'section,row,number,priceClass\nS,,1,R', /line 2: row/],
    [
      'an accessible that is neither yes nor no',
      'section,row,number,priceClass,accessible\nS,A,1,R,ja',
      /line 2: accessible/,
    ],
    ['a coordinate that is no whole number', 'section,row,number,priceClass,x\nS,A,1,R,1.5', /line 2: x/],
    ['a hexadecimal coordinate', 'section,row,number,priceClass,x\nS,A,1,R,0x10', /line 2: x/],
    ['a coordinate with an exponent', 'section,row,number,priceClass,y\nS,A,1,R,1e2', /line 2: y/],
    [
      'a column that comes twice',
      'section,row,number,priceClass,x,x\nS,A,1,R,1,2',
      /column x is there twice/,
    ],
    ['a quote that is not closed', 'section,row,number,priceClass\n"S,A,1,R', /a quote is not closed/],
    [
      'a field without an end',
      `section,row,number,priceClass\n"${'S'.repeat(2000)}`,
      /more than 1000 letters/,
    ],
    ['a line without an end', ','.repeat(1000), /more than 100 fields/],
    ['empty lines alone', '\n\n', /there are no lines/],
    ['a header alone', 'section,row,number,priceClass\n', /it has no seat/],
    [
      'more price classes than anybody sells',
      `section,row,number,priceClass\n${Array.from({ length: 1001 }, (_, i) => `S,A,${i},${i}`).join('\n')}`,
      /at most 1000 price classes/,
    ],
  ])('as CSV with %s is refused by name', async (_what, csv, message) => {
    const refusal = await read({ name: 'x', csv }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Contradiction);
    expect((refusal as Error).message).toMatch(message);
  });

  it('with more than 100,000 seats is refused before they are made', async () => {
    const grid = Array.from({ length: 1000 }, (_, i) => ({
      name: `S${i}`,
      rows: 1000,
      seatsPerRow: 1000,
      priceClass: 'R',
    }));
    await expect(read({ name: 'x', grid })).rejects.toThrow(/at most 100000 seats/);
  });

  const seat = { number: '1', x: 0, y: 0, priceClass: 'R' };
  const rows = [{ label: 'A', seats: [seat] }];
  it.each<[string, unknown[]]>([
    [
      'sections.1: name: ',
      [
        { name: 'S', rows },
        { name: '', rows },
      ],
    ],
    ['sections.0: rows: expected a list', [{ name: 'S', rows: [] }]],
    ['sections.0.rows.1: label: ', [{ name: 'S', rows: [...rows, { label: 1, seats: [seat] }] }]],
    ['sections.0.rows.0: Unrecognized key: "x"', [{ name: 'S', rows: [{ ...rows[0], x: 1 }] }]],
    [
      'sections.0.rows.0.seats.1: x: ',
      [{ name: 'S', rows: [{ label: 'A', seats: [seat, { ...seat, x: 0.5 }] }] }],
    ],
    [
      'layout: section S, row A, seat 1 comes twice',
      [
        { name: 'S', rows },
        { name: 'S', rows },
      ],
    ],
  ])('with each seat by itself is refused by the place of the fault: %s', async (message, sections) => {
    await expect(read({ name: 'x', sections })).rejects.toThrow(message);
    expect(message.startsWith('layout') || !LayoutInput.safeParse({ name: 'x', sections }).success).toBe(
      true,
    );
  });

  it('is checked and written in pieces between which the event loop turns, and hashed as a whole', async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    const grid = [{ name: 'S', rows: 20, seatsPerRow: 1000, priceClass: 'R' }];
    const { document, hash, seatCount, priceClasses } = await contentOf({ name: 'x', grid });
    clearImmediate(immediate);
    expect(turns).toBeGreaterThanOrEqual(2 * 39); // 500 seats at a time, read and written
    expect([seatCount, priceClasses]).toEqual([20_000, ['R']]);
    expect(JSON.stringify(JSON.parse(document))).toBe(document);
    expect(createHash('sha256').update(document).digest('base64url')).toBe(hash);
  });
});

describe('a line of CSV', () => {
  it('is read back as what was written, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string().map((text) => text.replace(/^[=+\-@\t\r']/, 'x')),
          { minLength: 2 },
        ),
        (fields) => {
          expect([...csvLines(csvLine(fields))]).toEqual([fields]);
        },
      ),
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=cmd|"/c calc"!A1'])(
    'runs no formula: %j',
    (text) => {
      const [[field]] = [...csvLines(csvLine([text, 1]))] as [[string]];
      expect(field).toBe(`'${text}`);
    },
  );

  it('leaves numbers, times and nothing as they are', () => {
    expect(csvLine([-5, null, new Date(0)])).toBe('-5,,1970-01-01T00:00:00.000Z\r\n');
  });
});

describe('the layouts of an organizer', () => {
  const app = useService({ ...UNHURRIED, MANAGEMENT_PORT: 0 });
  let organizer: OrganizerClient;
  beforeAll(async () => {
    const { key } = await givenOperator(app.admin, 'admin');
    organizer = new OrganizerClient(app.managementUrl, key);
  });

  it('are kept once each, however often they are sent at once', async () => {
    const csv = `section,row,number,priceClass\n${Math.random()},A,1,R`;
    const send = (name: string): Promise<{ layoutId: number; hash: string }> =>
      organizer
        .post('layouts', { name, csv })
        .then((answer) => dataOf<{ layoutId: number; hash: string }>(answer));
    const made = await Promise.all(['a', 'b', 'c', 'd'].map(send));
    expect(new Set(made.map(({ layoutId }) => layoutId)).size).toBe(1);
    const layout = dataOf(await organizer.get(`layouts/${made[0]?.layoutId ?? 0}`));
    expect(layout).toMatchObject({ seatCount: 1, priceClasses: ['R'], seats: [{ row: 'A' }] });
    expect(dataOf(await organizer.get('layouts'))).toContainEqual(
      expect.objectContaining({ hash: made[0]?.hash }),
    );
  });

  it('are listed with their price classes; the document, which may have megabytes, is read for them once', async () => {
    const csv = `section,row,number,priceClass\n${Math.random()},A,1,R\nB,A,1,A`;
    const { layoutId } = dataOf<{ layoutId: number }>(await organizer.post('layouts', { name: 'x', csv }));
    const reads = jest.spyOn(LayoutRepository.prototype, 'find');
    const list = async (): Promise<number> => {
      const layouts = dataOf<{ layoutId: number }[]>(await organizer.get(`layouts?before=${layoutId + 1}`));
      expect(layouts[0]).toMatchObject({ layoutId, seatCount: 2, priceClasses: ['R', 'A'] });
      return reads.mock.calls.filter(([id]) => id === layoutId).length;
    };
    expect([await list(), await list()]).toEqual([1, 1]);
    reads.mockRestore();
  });

  it('that cannot be read are 400 with the reason', async () => {
    const answer = await organizer.post('layouts', { name: 'x', csv: 'section\nS' });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('row, number, priceClass')]);
    expect((await organizer.post('layouts', { name: 'x' })).status).toBe(400);
    expect((await organizer.get('layouts/999999999')).status).toBe(404);
  });
});

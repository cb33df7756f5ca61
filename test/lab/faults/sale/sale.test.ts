import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chanceFiguresOf, distributionOf } from '../../../../src/modules/after-sale/figures';
import type { SaleReport } from '../../../../src/modules/after-sale/schema';
import type { FinalState } from '../../../../lab/faults/observed/evidence';
import { readArguments } from '../../../../lab/faults/options';
import { checkReport } from '../../../../lab/faults/sale/after-sale';
import { Line } from '../../../../lab/faults/sale/line';
import { saleReport, withSale } from '../../../../lab/faults/sale/report';
import type { SaleResult } from '../../../../lab/faults/sale/sale';
import { Seats } from '../../../../lab/faults/sale/seats';
import type { Programme } from '../../../../lab/faults/workload/programme';
import { LocalServer } from '../../../support/servers/local-server';

const RESULT: SaleResult = {
  wanted: 5000,
  issued: 5000,
  admitted: 1200,
  paid: 700,
  seatsSold: 990,
  seats: 1000,
  soldOut: 3800,
  otherEntry: 0,
  seconds: 56,
  isSoldOut: true,
  isWhole: true,
  faults: [],
  receipts: 21,
  audit: { code: 0, output: 'Verdict: everything is as it must be.\n' },
  report: {
    waits: distributionOf([1, 2, 3]),
    refused: { absent: 4, notReached: 5 },
    etaAbsoluteError: distributionOf([2]),
    chances: chanceFiguresOf([{ word: 'likely', chance: 0.9, isServed: true, squaredError: 0.01 }]),
  },
  violations: [],
};

describe('a sale under faults', () => {
  it('is reached only when everybody came, it was sold out, and every fault fell into it', () => {
    const { text, reached, violations } = saleReport(RESULT);
    expect({ reached, violations }).toEqual({ reached: true, violations: 0 });
    expect(text).toContain('Verdict: everything is as it must be.');
    expect(text).toContain(
      '3 users were admitted, after 2.0 s (median) and 3.0 s (p99); 4 were absent in their turn, and the turn of 5 did not come.',
    );
    expect(text).toContain('| likely | 1 | 90.0 % | 100.0 % |');
    for (const lack of [{ issued: 4999 }, { isSoldOut: false }, { isWhole: false }])
      expect(saleReport({ ...RESULT, ...lack }).reached).toBe(false);
  });

  it('takes the place of the one before on the page of results', () => {
    const page = readFileSync(join(__dirname, '../../../../docs/results/README.md'), 'utf8');
    const saved = withSale(page, saleReport(RESULT).text);
    expect(saved).toContain('<!-- sale -->\n| entries |');
    expect(saved).toContain('[after-sale report](../operations/after-sale-report.md)');
    const rest = (text: string): string[] => text.split(/<!-- \/?sale -->/).filter((_, i) => i !== 1);
    expect(rest(saved)).toEqual(rest(page));
    expect(rest(saved)).toHaveLength(2);
  });

  it('shows what the audit has found as a violation', () => {
    const violation = { check: 'unfair log', what: 'WRONG at leaf 7: entry 3 was admitted twice.' } as const;
    const { text, violations } = saleReport({ ...RESULT, violations: [violation] });
    expect(violations).toBe(1);
    expect(text).toContain('- **unfair log**: WRONG at leaf 7: entry 3 was admitted twice.');
  });

  it('has a report that agrees with the audit and the rows, or that is a violation', () => {
    const report = {
      counts: {
        issued: 1200,
        admissions: { next: 3, rejoined: 2, free: 1 },
        ends: { paid: 2, expired: 0, released: 1, replaced: 0 },
        gaps: 1,
        restores: 1,
      },
      sold: 3,
      returned: 1,
      won: 20,
      checkpoint: { size: 4321 },
    } as unknown as SaleReport;
    const audit = [
      'Log concert-reservation/main: 4,321 leaves, checked in 1.0 s.',
      'Issued 1,200, admitted 6 (in turn 3, back 2, at once 1), passed over while absent 0.',
      'Ended: paid 2, expired 0, released 1, replaced 0. Most active at once 5. Draws 0.',
      'Losses: 1 restores, 1 gaps, 0 new beginnings; 0 entries were admitted again after one.',
    ].join('\n');
    const [sold, canceled] = [
      { status: 'RESERVED', amount: 10 },
      { status: 'CANCELED', amount: 10 },
    ];
    const state = { reservations: [sold, sold, canceled] } as unknown as FinalState;
    const found = (...of: Parameters<typeof checkReport>): string[] =>
      checkReport(...of).map(({ what }) => what);
    expect(found(report, audit, state)).toEqual([]);
    expect(found({ ...report, won: 30 }, audit, state)).toEqual([
      'it has 2 seats for 30 won, the rows 2 seats for 20 won',
    ]);
    expect(found(report, audit.replace('1,200', '1,201').replace('paid 2', 'paid 3'), state)).toEqual([
      'the audit does not say "Issued 1,200, admitted 6 (in turn 3, back 2, at once 1)"',
      'the audit does not say "Ended: paid 2, expired 0, released 1, replaced 0."',
    ]);
  });

  it('has 100,000 entries and six minutes where nothing else is said', () => {
    expect(readArguments(['sale'])).toMatchObject({ act: 'sale', entries: 100_000, totalMs: 360_000 });
    expect(readArguments(['sale', '--entries', '5000', '--minutes', '2'])).toMatchObject({
      entries: 5000,
      totalMs: 120_000,
    });
    for (const entries of ['many', '1e5', '0x10', ' '])
      expect(() => readArguments(['sale', '--entries', entries])).toThrow('--entries');
    expect(() => readArguments(['sale', '--seed', '007'])).toThrow('--seed');
    expect(() => readArguments(['sale', 'kill-api'])).toThrow('sale goes alone.');
  });

  it.each([
    [['--buyers', '0.5'], '--buyers must be a whole number from 1'], // nobody would buy, and all would be well
    [['hammer', '--attempts', '0.2'], '--attempts must be a whole number from 1'],
    [['calm', '--attempts', '5'], '--attempts belongs to hammer.'],
    [['hammer', '--entries', '5'], '--entries belongs to sale.'],
    [['--minutes', '40000'], 'at most 10080'], // a timer that is to last longer than 25 days lasts no time at all
    [['--id', '..'], '--id: 1 to 64 letters'],
    [['--save', '.'], '--save: 1 to 64 letters'],
  ])('refuses %j', (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });

  it('offers seats that were not bought to others', () => {
    const programme = {
      seatsOf: (i: number) => [10 * i + 1, 10 * i + 2],
      scheduleOf: (seat: number) => seat,
    };
    const seats = new Seats(programme as unknown as Programme, 2);
    const parties = [seats.choose(2), seats.choose(2)];
    expect(parties.flatMap((party) => party?.seatIds)).toEqual(expect.arrayContaining([1, 2, 11, 12]));
    expect(seats.choose(1)).toBeUndefined();
    if (parties[0] !== undefined) seats.giveBack(parties[0]);
    expect(seats.choose(2)).toEqual(parties[0]);
  });
});

describe('those who wait in a sale', () => {
  let status: object;
  const server = new LocalServer((_req, res) => res.end(JSON.stringify({ data: status })));

  beforeEach(() => server.open());
  afterEach(() => server.close());

  it('ask when the turn has come to them, when their history is lost, and all when it is sold out', async () => {
    status = { state: 'OPEN', headSeq: 5, issued: 9, firstGeneration: 2, pace: [] };
    const line = new Line([server.port], () => 0.5);
    const asked: string[] = [];
    const wait = async (name: string, seq: number, gen: number): Promise<void> => {
      await line.untilTurn(seq, gen, () => undefined);
      asked.push(name);
    };
    const last = wait('behind the head', 9, 2);
    const first = [wait('at the head', 5, 2), wait('of a lost history', 8, 1)];
    line.start();
    await Promise.all(first);
    expect(asked).toEqual(['at the head', 'of a lost history']);
    status = { ...status, state: 'SOLD_OUT' };
    await last;
    await line.stop();
    expect(asked).toHaveLength(3);
  });
});

import { applyLeaf } from '../../src/modules/after-sale/leaves';
import { parseLeaf } from '../../src/modules/transparency/leaf';
import { Presence } from '../../src/modules/after-sale/presence';
import { AfterSaleService } from '../../src/modules/after-sale/service';
import { QueueReplay } from '../../src/modules/after-sale/queue-replay';
import type { AfterSaleRepository } from '../../src/modules/after-sale/repository';
import { SaleReplay, type SaleSource } from '../../src/modules/after-sale/sale-replay';
import type { SaleReport } from '../../src/modules/after-sale/schema';
import { encodeEntries } from '../../src/modules/transparency/bundle';
import type { TransparencyRepository } from '../../src/modules/transparency/repository';
import { testConfig } from '../support/config';

const START_MS = 1_800_000_000_000;
const at = (seconds: number): Date => new Date(START_MS + seconds * 1000);
const CHECKPOINT = { size: 0, root: '', note: '' };

/** Five users of whom one is absent in its turn, a sixth who comes too late, and a hold that lapses. */
const LEAVES: [second: number, kind: string, words: string][] = [
  [0, 'sale', 'OPEN'],
  [0, 'begin', '1 0 0 0 0 0 0 0 - - - -'],
  [0, 'issue', '1 1 c'],
  [0, 'limit', 'fixed 2 - 600000'],
  [0, 'admit', '1 free'],
  [1, 'issue', '2 1 c'],
  [1, 'admit', '2 free'],
  [2, 'issue', '3 1 c'],
  [2, 'issue', '4 1 c'],
  [2, 'issue', '5 1 c'],
  [10, 'end', '1 paid'],
  [10, 'admit', '3 next 2'],
  [40, 'end', '3 paid'],
  [70, 'end', '2 expired'],
  [70, 'limit', 'operator 1 0.5 600000'],
  [70, 'admit', '5 next 3'],
  [75, 'issue', '6 1 c'],
  [79, 'end', '5 paid'],
  [80, 'sale', 'SOLD_OUT'],
];
const ORDERS: SaleSource['orders'] = [
  { id: 1, seats: 1, total: 100, heldAt: at(5), paidAt: at(10), endedAt: null },
  { id: 2, seats: 1, total: 100, heldAt: at(20), paidAt: null, endedAt: at(70) },
  { id: 3, seats: 2, total: 200, heldAt: at(12), paidAt: at(40), endedAt: null },
  { id: 4, seats: 1, total: 100, heldAt: at(71), paidAt: at(79), endedAt: null },
];

function reportOf(source: Partial<SaleSource> = {}, leaves = LEAVES): SaleReport {
  const replay = new SaleReplay({
    queueId: 'main',
    halls: [{ scheduleId: 1, title: 'Hall', seats: 4 }],
    orders: ORDERS,
    sinceMs: -Infinity,
    untilMs: Infinity,
    ...source,
  });
  for (const [second, kind, words] of leaves)
    if (!replay.add(parseLeaf(`${kind} ${START_MS + second * 1000} ${words}`))) break;
  return replay.report(CHECKPOINT);
}

describe('the report of a sale', () => {
  it('counts entries, admissions, refusals and ends', () => {
    expect(reportOf()).toMatchObject({
      admitted: 4,
      refused: { absent: 1, notReached: 1 },
      counts: {
        issued: 6,
        admissions: { next: 2, rejoined: 0, free: 2 },
        ends: { paid: 3, expired: 1, released: 0, replaced: 0 },
      },
    });
  });

  it('tells how long users waited', () => {
    const { waits } = reportOf();
    expect(waits).toEqual({ count: 4, mean: 19, p10: 0, p50: 0, p90: 68, p95: 68, p99: 68, max: 68 });
  });

  it('shows the seats sold in each minute, and when the last one was sold', () => {
    const { minutes, sold, won, soldOutAfterSeconds } = reportOf();
    expect({ sold, won, soldOutAfterSeconds }).toEqual({ sold: 4, won: 400, soldOutAfterSeconds: 79 });
    const none = { returned: 0, ended: 0 };
    expect(minutes).toEqual([
      { minute: 0, ...none, issued: 5, admitted: 3, paid: 2, sold: 3, won: 300, waiting: 2, active: 1, limit: 2, freeSeats: 0 },
      { minute: 1, ...none, issued: 1, admitted: 1, paid: 1, ended: 1, sold: 1, won: 100, waiting: 1, active: 0, limit: 1, freeSeats: 0 },
    ]); // prettier-ignore
  });

  it('tells the course of the limit', () => {
    expect(reportOf().limits).toEqual([
      { ms: START_MS, source: 'fixed', limit: 2, rate: null },
      { ms: START_MS + 70_000, source: 'operator', limit: 1, rate: 0.5 },
    ]);
  });

  it('tells a refund as seats that are free again', () => {
    const refunded = ORDERS.map((order) => (order.id === 1 ? { ...order, endedAt: at(79.5) } : order));
    expect(reportOf({ orders: refunded })).toMatchObject({
      sold: 4,
      returned: 1,
      won: 300,
      soldOutAfterSeconds: null,
    });
  });

  it('covers only the requested period, and is empty where nothing happened', () => {
    const late = reportOf({ sinceMs: START_MS + 70_000, untilMs: START_MS + 79_000 });
    expect(late).toMatchObject({
      admitted: 1,
      sold: 0,
      counts: { issued: 1, ends: { paid: 0, expired: 1 } },
    });
    expect(late.waits).toMatchObject({ count: 1, max: 68 });
    const never = reportOf({ sinceMs: START_MS + 1e9 });
    expect(never).toMatchObject({ admitted: 0, sold: 0, minutes: [], refused: { absent: 0, notReached: 1 } });
  });

  it('has no chances where the sales are unknown', () => {
    expect(reportOf({ halls: [], orders: [] }).chances.brier).toBeNull();
  });

  it('estimates waits and chances as the product does, with their outcomes', () => {
    const { etaError, chances } = reportOf();
    expect(etaError.count).toBeGreaterThan(0);
    expect(chances.words.reduce((sum, { said }) => sum + said, 0)).toBeGreaterThan(0);
    expect(chances.brier).toBeGreaterThanOrEqual(0);
  });

  it('takes the length of a session from the log, as far as the log tells it', () => {
    const withSession = (ms: string) =>
      LEAVES.map(([second, kind, words]): (typeof LEAVES)[number] => [
        second,
        kind,
        words.replace(' 600000', ms),
      ]);
    const { etaError } = reportOf();
    expect(reportOf({}, withSession('')).etaError).toEqual(etaError); // of an earlier version: the rate alone
    const short = reportOf({}, withSession(' 1000')).etaError;
    expect(short.count).toBe(etaError.count);
    expect(short.mean).toBeGreaterThan(etaError.mean); // less was estimated than it took
  });
});

describe('a queue of five entries, of which the first is active', () => {
  const BEFORE = [
    'limit 0 fixed 2 - 600000',
    ...[1, 2, 3, 4, 5].map((seq) => `issue 0 ${seq} 1 c`),
    'admit 0 1 free',
  ];
  const stateAfter = (leaves: string[]) => {
    const queue = new QueueReplay();
    for (const leaf of [...BEFORE, ...leaves]) applyLeaf(queue, parseLeaf(leaf));
    const { issued, head, active, rejoined, limits, counted, refused } = queue;
    const { gaps, restores, endedWaiting } = counted;
    const sets = { active: [...active], rejoined: [...rejoined] };
    return {
      issued,
      head,
      ...sets,
      paused: limits?.paused,
      notReached: refused.notReached,
      gaps,
      restores,
      endedWaiting,
    };
  };
  const state = { issued: 5, head: 1, active: [1], rejoined: [], paused: false, notReached: 4 };
  const counts = { gaps: 0, restores: 0, endedWaiting: 0 };

  it.each<[string, Partial<ReturnType<typeof stateAfter>>]>([
    ['pass 1 2 3', { head: 3, notReached: 2 }],
    ['head 1 4', { head: 4, notReached: 1 }],
    ['head 1 0', {}],
    ['back 1 2', { rejoined: [2] }],
    ['back 1 2, away 2 2', {}],
    ['open 1 4', { active: [1, 4] }],
    ['end 1 1 paid', { active: [] }],
    ['end 1 3 released', { notReached: 3, endedWaiting: 1 }],
    ['cut 1 4 5', { issued: 6 }],
    ['gap 1', { gaps: 1 }],
    ['command 1 pause', { paused: true }],
    ['command 1 pause, command 2 limit 3, command 3 resume', {}],
    ['command 1 pause, limit 2 operator 1 0.5 600000', { paused: true }],
    ['begin 1 2 5 6 2 0 0 0 1', { issued: 6, head: 2, active: [], paused: true, notReached: 3 }],
    ['begin 1 1048577 0 0 0 0 0 0 0', { issued: 0, head: 0, active: [], notReached: 0 }],
    [
      'restore 1 2 5 7 3 0 0 0 1',
      { issued: 7, head: 3, active: [], paused: true, notReached: 2, restores: 1 },
    ],
    ['back 1 2, command 2 pause, state 3 1 5 5 1 0 0 0 0', { active: [] }],
    ['unknown 1 2 3', {}],
  ])('is changed by %s: %j', (leaves, change) => {
    expect(stateAfter(leaves.split(', '))).toEqual({ ...state, ...counts, ...change });
  });
});

describe('the report of halls with very many orders', () => {
  const MANY = 150_000; // more than a call may have arguments

  it('has the orders of all halls', async () => {
    const halls = [1, 2].map((scheduleId) => ({ scheduleId, title: 'Hall', seats: MANY }));
    const order = { seats: 1, total: 100, heldAt: at(1), paidAt: at(2), endedAt: null };
    const ordersOf = (hall: number): SaleSource['orders'] =>
      Array.from({ length: MANY }, (_, i) => ({ ...order, id: hall * MANY + i }));
    const sales: Pick<AfterSaleRepository, 'halls' | 'orders'> = {
      halls: () => Promise.resolve(halls),
      orders: (hall) => Promise.resolve(ordersOf(hall)),
    };
    const entries = LEAVES.slice(0, 2).map(([second, kind, words]) =>
      Buffer.from(`${kind} ${START_MS + second * 1000} ${words}`),
    );
    const log = {
      latest: () => Promise.resolve({ size: entries.length, root: Buffer.alloc(32), note: '' }),
      bundle: () => Promise.resolve(encodeEntries(entries)),
    };
    const report = await new AfterSaleService(
      sales as AfterSaleRepository,
      log as unknown as TransparencyRepository,
      testConfig(),
    ).report({ queueId: 'main', scheduleId: undefined, sinceMs: -Infinity, untilMs: Infinity });
    expect([report.sold, report.won]).toEqual([2 * MANY, 2 * MANY * 100]);
  });
});

describe('presence as the log tells it', () => {
  it('counts users seen in the last two epochs, and new ones', () => {
    const presence = new Presence();
    expect(presence.countBetween(0, 100)).toBe(100); // nothing is known yet
    presence.close(20);
    presence.add(0, 0, Buffer.from([0b0101_0000, 0b0100_0000]), 20); // 1, 3, 9
    expect(presence.countBetween(0, 20)).toBe(3);
    expect(presence.countBetween(1, 8)).toBe(1);
    expect(presence.countBetween(0, 25)).toBe(8);
    presence.close(25);
    presence.add(0, 3, Buffer.from([0b0000_0001]), 25); // 31
    expect(presence.countBetween(3, 31)).toBe(1 + 6 + 0);
    presence.close(31);
    presence.close(31);
    expect(presence.countBetween(0, 31)).toBe(0);
  });
});

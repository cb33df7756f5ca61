import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { packed } from '../../src/modules/catalog/seat-map/availability';
import { layoutOf as layoutTextOf, type SeatRow } from '../../src/modules/catalog/seat-map/layout';
import type { Seat } from '../../src/modules/catalog/schema';
import type { Availability, SeatLayout } from '../../src/modules/catalog/seat-map/schema';
import { ConcertService } from '../../src/modules/catalog/service';
import { at } from '../support/at';
import { useService } from '../support/suite';
import { until } from '../support/wait';

const MAX_LAYOUT_BYTES = 15_000;
const MAX_AVAILABILITY_BYTES = 350;

/** As docs/api.md tells a page to do it. */
const codeOf = (seats: string, seat: number): number =>
  ((Buffer.from(seats, 'base64')[Math.floor(seat / 4)] ?? 0) >> (2 * (seat % 4))) & 3;

const seatRow = (position: number, own: Partial<SeatRow> = {}): SeatRow => ({
  id: 1000 + position,
  position,
  amount: 90_000,
  isAccessible: 0,
  section: null,
  rowLabel: null,
  seatNumber: null,
  priceClass: null,
  x: null,
  y: null,
  ...own,
});

const seatsOf = ({ sections }: SeatLayout): SeatLayout['sections'][number]['rows'][number]['seats'] =>
  sections.flatMap(({ rows }) => rows.flatMap(({ seats }) => seats));

describe('two bits per seat', () => {
  it('encode the state of each seat, for any number of seats', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 50 }), (codes) => {
        const seats = packed(codes.join(''));
        expect(codes.map((_, seat) => codeOf(seats, seat))).toEqual(codes);
        expect(Buffer.from(seats, 'base64')).toHaveLength(Math.ceil(codes.length / 4));
      }),
    );
  });
});

describe('a layout', () => {
  const layoutOf = async (...pages: SeatRow[][]): Promise<SeatLayout> => {
    const { json, version, seatCount } = await layoutTextOf(1, pages);
    const layout = JSON.parse(json) as SeatLayout;
    expect(layout).toMatchObject({ version, seatCount, scheduleId: 1 });
    return layout;
  };

  it('lists sections, rows and seats in the order of the positions, also where a row is in pieces', async () => {
    const vip = { section: 'A', rowLabel: '1', priceClass: 'VIP', amount: 5 };
    const other = { section: 'B', rowLabel: '1', priceClass: 'R', amount: 3 };
    const rows = [
      seatRow(1, { ...vip, seatNumber: '7', x: 5, y: 6 }),
      seatRow(2, { ...other, seatNumber: '1', isAccessible: 1 }),
      seatRow(3, { ...vip, seatNumber: '8' }),
    ];
    const layout = await layoutOf(rows);
    expect(layout.priceClasses).toEqual([
      { name: 'VIP', amount: 5 },
      { name: 'R', amount: 3 },
    ]);
    expect(layout.sections.map(({ name }) => name)).toEqual(['A', 'B', 'A']);
    const seats = seatsOf(layout);
    expect(seats.map(({ seatId }) => seatId)).toEqual([1001, 1002, 1003]);
    expect(seats[0]).toEqual({ seatId: 1001, number: '7', x: 5, y: 6, priceClass: 0 });
    expect(seats[1]).toMatchObject({ accessible: true, priceClass: 1 });
  });

  it('has rows of 25 and a price class per price where the schedule has no plan', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => seatRow(i + 1, { amount: i < 10 ? 2 : 1 }));
    const { sections, priceClasses, seatCount } = await layoutOf(rows);
    expect([seatCount, sections.length]).toEqual([30, 1]);
    expect(at(sections, 0).rows.map(({ label, seats }) => [label, seats.length])).toEqual([
      ['1', 25],
      ['2', 5],
    ]);
    expect(priceClasses).toEqual([
      { name: '2', amount: 2 },
      { name: '1', amount: 1 },
    ]);
  });

  it('has another version when a seat is elsewhere, costs something else or is another one', async () => {
    const versionOf = async (own: Partial<SeatRow>): Promise<string> =>
      (await layoutOf([seatRow(1), seatRow(2, own)])).version;
    const changes = [{ x: 3 }, { amount: 1 }, { id: 7 }, { isAccessible: 1 as const }, { rowLabel: 'B' }];
    expect(await versionOf({})).toBe(await versionOf({}));
    expect(new Set(await Promise.all([{}, ...changes].map(versionOf))).size).toBe(changes.length + 1);
  });

  it('is the same however its seats are divided into pages, and without seats', async () => {
    const rows = Array.from({ length: 60 }, (_, i) =>
      seatRow(i + 1, { section: i < 40 ? 'A "left"' : '나', priceClass: `P${i % 3}` }),
    );
    const whole = await layoutOf(rows);
    expect(whole.sections.map((section) => [section.name, section.rows.map(({ label }) => label)])).toEqual([
      ['A "left"', ['1', '2']],
      ['나', ['2', '3']],
    ]);
    for (const cut of [0, 1, 25, 40, 60])
      expect(await layoutOf(rows.slice(0, cut), rows.slice(cut))).toEqual(whole);
    expect(await layoutOf([])).toMatchObject({ seatCount: 0, priceClasses: [], sections: [] });
  });
});

describe('the seat map of a schedule', () => {
  const app = useService();

  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${app.url}/v1/api/concerts/${path}`, { headers: { 'Accept-Encoding': 'identity', ...headers } });
  const dataOf = async <T>(path: string): Promise<T> =>
    ((await (await ask(path)).json()) as { data: T }).data;
  const layoutFor = (id: number): Promise<SeatLayout> => dataOf(`layout?scheduleId=${id}`);
  const availabilityFor = (id: number): Promise<Availability> => dataOf(`availability?scheduleId=${id}`);
  /** A published schedule is in the list of shown ones within a second. */
  const shown = async (seats: number): Promise<{ id: number; seatIds: number[] }> => {
    const schedule = await app.given.scheduleWithSeats(seats);
    await until('it is shown', async () => (await ask(`layout?scheduleId=${schedule.id}`)).status === 200);
    return { id: schedule.id, seatIds: schedule.seats.map(({ id }) => id) };
  };
  /** What went over the wire: fetch would give the text. */
  const compressed = (path: string, maxBytes: number): Promise<Buffer> =>
    until('it is the smallest form', async () => {
      const headers = { 'Accept-Encoding': 'br' };
      const call = request(`${app.url}/v1/api/concerts/${path}`, { agent: false, headers }).end();
      const [res] = (await once(call, 'response')) as [IncomingMessage];
      const body = await buffer(res);
      return res.headers['content-encoding'] === 'br' && body.length <= maxBytes && body;
    });

  it('tells without a token which seats are free, on hold, sold and not for sale', async () => {
    const { id, seatIds } = await shown(6);
    await (await app.buyer()).hold(id, at(seatIds, 1));
    const buyer = await app.buyer(1000);
    await buyer.pay(await buyer.hold(id, at(seatIds, 2)));
    await app.admin.execute("UPDATE concert_seat SET status = 'BLOCKED' WHERE id = ?", [at(seatIds, 3)]);
    const expected = [0, 1, 2, 3, 0, 0];
    await until('the availability says so', async () => {
      const { seats } = await availabilityFor(id);
      return expected.every((code, seat) => codeOf(seats, seat) === code);
    });
    const layout = await layoutFor(id);
    expect(seatsOf(layout).map(({ seatId }) => seatId)).toEqual(seatIds);
    expect(await availabilityFor(id)).toMatchObject({ layoutVersion: layout.version, sale: 'OPEN' });
  });

  it('has the state of the sale, and is 404 for a draft', async () => {
    const { id } = await shown(1);
    const set = (assignment: string): Promise<unknown> =>
      app.admin.execute(`UPDATE concert_schedule SET ${assignment} WHERE id = ?`, [id]);
    const becomes = (sale: string): Promise<unknown> =>
      until(sale, async () => (await availabilityFor(id)).sale === sale);
    await set('opens_at = NOW(3) + INTERVAL 1 HOUR');
    await becomes('BEFORE');
    await set('opens_at = NOW(3) - INTERVAL 2 HOUR, closes_at = NOW(3) - INTERVAL 1 HOUR');
    await becomes('CLOSED');
    await set("state = 'CANCELED'");
    await becomes('CANCELED');
    await set("state = 'DRAFT'");
    for (const part of ['layout', 'availability'])
      await until('404', async () => (await ask(`${part}?scheduleId=${id}`)).status === 404);
  });

  it('has all seats in their order, as the list has, where one statement does not read them all', async () => {
    const { id } = await shown(1);
    await app.admin.execute(
      'INSERT INTO concert_seat (schedule_id, position, amount) SELECT ?, seq, 1 FROM seq_2_to_5001',
      [id],
    );
    await until('the new layout', async () => (await layoutFor(id)).seatCount === 5001);
    const inOrder = seatsOf(await layoutFor(id));
    const list = await app.service.container.resolve(ConcertService).seats(id);
    const listed = JSON.parse(list.json) as Seat[];
    expect(listed.map(({ position }) => position)).toEqual(Array.from({ length: 5001 }, (_, i) => i + 1));
    expect(inOrder.map(({ seatId }) => seatId)).toEqual(listed.map(({ seatId }) => seatId));
  });

  it('may be kept for a year when its version is named, and answers If-None-Match', async () => {
    const { id } = await shown(3);
    const { version } = await layoutFor(id);
    const cacheControl = async (path: string): Promise<string | null> =>
      (await ask(path)).headers.get('cache-control');
    expect(await cacheControl(`layout?scheduleId=${id}&version=${version}`)).toBe(
      'public, max-age=31536000, immutable',
    );
    for (const more of ['', `&version=${'x'.repeat(16)}`])
      expect(await cacheControl(`layout?scheduleId=${id}${more}`)).toBe('public, max-age=10');
    expect(await cacheControl(`availability?scheduleId=${id}`)).toBe('public, max-age=1, stale-if-error=60');
    for (const part of ['layout', 'availability']) {
      const etag = (await ask(`${part}?scheduleId=${id}`)).headers.get('etag') ?? '';
      expect((await ask(`${part}?scheduleId=${id}`, { 'If-None-Match': etag })).status).toBe(304);
    }
  });

  it(`of 1,000 seats takes at most ${MAX_LAYOUT_BYTES} and ${MAX_AVAILABILITY_BYTES} bytes`, async () => {
    const { id } = await shown(1000);
    // Sections, numbers, coordinates without a pattern, and a third each free, on hold and sold in disorder.
    await app.admin.execute(
      `UPDATE concert_seat SET section = CONCAT('Block ', position DIV 100), row_label = CONCAT('R', position DIV 20),
              seat_number = CONCAT(position MOD 20, IF(position MOD 3 = 0, 'B', 'A')), price_class = 'Standing',
              is_accessible = position MOD 50 = 0, x = CRC32(position) MOD 2000, y = CRC32(position + 5000) MOD 2000,
              status = IF(CRC32(position * 7) MOD 3 = 0, 'RESERVED', IF(CRC32(position * 7) MOD 3 = 1, 'TEMP_RESERVED', 'AVAILABLE')),
              held_until = IF(CRC32(position * 7) MOD 3 = 1, NOW(3) + INTERVAL 1 HOUR, NULL)
        WHERE schedule_id = ?`,
      [id],
    );
    try {
      await app.admin.execute(
        "INSERT INTO concert_seat (schedule_id, position, amount, status) VALUES (?, 1001, 1, 'BLOCKED')",
        [id],
      );
      await until('the new layout', async () => (await layoutFor(id)).seatCount === 1001);
      const layout = brotliDecompressSync(await compressed(`layout?scheduleId=${id}`, MAX_LAYOUT_BYTES));
      expect(JSON.parse(layout.toString())).toMatchObject({ data: { seatCount: 1001 } });
      await compressed(`availability?scheduleId=${id}`, MAX_AVAILABILITY_BYTES);
    } finally {
      // Nobody has these seats, which other tests would see as a broken invariant.
      await app.admin.execute(
        "UPDATE concert_seat SET status = 'AVAILABLE', held_until = NULL WHERE schedule_id = ? AND status <> 'BLOCKED'",
        [id],
      );
    }
  });

  it.each([
    ['layout', 400],
    ['layout?scheduleId=x', 400],
    ['layout?scheduleId=1&version=no', 400],
    ['layout?scheduleId=999999999999', 404],
    ['availability?scheduleId=0', 400],
    ['availability?scheduleId=999999999999', 404],
  ])('answers %s with %d', async (path, status) => {
    const answer = await ask(path);
    expect([answer.status, await answer.json()]).toMatchObject([
      status,
      { exception: { code: String(status) } },
    ]);
  });
});

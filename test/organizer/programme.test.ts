import { randomInt } from 'node:crypto';
import type { ScheduleDetail } from '../../src/modules/organizer/programme/schema';
import { codeOf, dataOf, etagOf, givenOperator, inDays, OrganizerClient } from '../support/rows/organizer';
import { UNHURRIED, useService } from '../support/suite';
import { until } from '../support/wait';

describe('an organizer', () => {
  const app = useService({ ...UNHURRIED, MANAGEMENT_PORT: 0 });
  let organizer: OrganizerClient;
  let name: string;
  beforeAll(async () => {
    const admin = await givenOperator(app.admin, 'admin');
    name = admin.name;
    organizer = new OrganizerClient(app.managementUrl, admin.key);
  });

  const listed = async (scheduleId: number): Promise<unknown> => {
    const list = (await (await app.buyer()).schedules()).body as { data: { scheduleId: number }[] };
    return list.data.find((one) => one.scheduleId === scheduleId);
  };
  const auditOf = async (scheduleId: number): Promise<{ act: string }[]> =>
    dataOf(await organizer.get(`audit?subject=schedule:${scheduleId}`));

  it('puts a concert on sale: a layout, a concert, a draft with all its seats, published', async () => {
    const { scheduleId, title } = await organizer.draft({ rows: 3, seatsPerRow: 4, price: 50 });
    expect(await listed(scheduleId)).toBeUndefined();
    const draft = dataOf<ScheduleDetail>(await organizer.get(`schedules/${scheduleId}`));
    expect(draft).toMatchObject({ state: 'DRAFT', prices: { R: 50 }, seats: { AVAILABLE: 12 } });
    expect(dataOf(await organizer.post(`schedules/${scheduleId}/publication`, {}))).toMatchObject({
      state: 'PUBLISHED',
    });
    await until('it is listed', () => listed(scheduleId).then((one) => one !== undefined));
    expect(await listed(scheduleId)).toMatchObject({ concertTitle: title, seatStatus: 'AVAILABLE' });
    const buyer = await app.buyer(50);
    const seats = (await buyer.seats(scheduleId)).body as { data: { seatId: number; amount: number }[] };
    expect(seats.data).toHaveLength(12);
    const [seat] = seats.data;
    expect((await buyer.pay(await buyer.hold(scheduleId, seat?.seatId ?? 0))).status).toBe(200);
    expect((await organizer.post(`schedules/${scheduleId}/publication`, {})).status).toBe(409);
  });

  it('lists concerts and layouts page by page', async () => {
    const older = await organizer.draft();
    const newer = await organizer.draft({ rows: 2, seatsPerRow: randomInt(5, 50) });
    const concerts = async (query: string): Promise<number[]> =>
      dataOf<{ concertId: number }[]>(await organizer.get(`concerts${query}`)).map((one) => one.concertId);
    expect(await concerts('')).toEqual(expect.arrayContaining([older.concertId, newer.concertId]));
    const before = await concerts(`?before=${newer.concertId}`);
    expect(before).toContain(older.concertId);
    expect(Math.max(...before)).toBeLessThan(newer.concertId);
    const layouts = dataOf<{ layoutId: number }[]>(await organizer.get('layouts?before=1'));
    expect(layouts).toEqual([]);
    expect((await organizer.get('concerts?before=x')).status).toBe(400);
    expect((await organizer.get('layouts?utm_source=a')).status).toBe(200);
  });

  it('finds every act with its actor, reason, and how things were and are', async () => {
    const { scheduleId, etag } = await organizer.draft();
    const opensAt = inDays(3);
    const reason = 'The hall is not ready';
    const edited = await organizer.patch(`schedules/${scheduleId}`, { opensAt, reason }, etag);
    expect(edited.status).toBe(200);
    await organizer.post(`schedules/${scheduleId}/publication`, { reason: 'Now it is' });
    const acts = await auditOf(scheduleId);
    expect(acts.map(({ act }) => act)).toEqual(['schedule.publish', 'schedule.edit', 'schedule.create']);
    expect(acts[0]).toMatchObject({ actor: name, before: { state: 'DRAFT' }, after: { state: 'PUBLISHED' } });
    expect(acts[1]).toMatchObject({ reason, before: { opensAt: null } });
    expect(new Date((acts[1] as unknown as { after: { opensAt: string } }).after.opensAt).getTime()).toBe(
      Math.floor(Date.parse(opensAt) / 1000) * 1000,
    );
  });

  it('edits what it has read: a missing ETag is 428, an old one 412, and of two edits at once one wins', async () => {
    const { scheduleId, concertId, etag } = await organizer.draft();
    const path = `schedules/${scheduleId}`;
    expect((await organizer.patch(path, { seatsPerUser: 2 })).status).toBe(428);
    for (const wrong of ['"99"', 'W/"99"', '0', '""', '"98", "99"', `"99", ${etag} x`])
      expect([wrong, (await organizer.patch(path, { seatsPerUser: 2 }, wrong)).status]).toEqual([wrong, 412]);
    const both = await Promise.all(
      [`"99", ${etag}`, `W/${etag},`].map((tag) => organizer.patch(path, { seatsPerUser: 2 }, tag)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(etagOf(await organizer.get(path))).not.toBe(etag);

    const concert = await organizer.get(`concerts/${concertId}`);
    expect((await organizer.patch(`concerts/${concertId}`, { title: 'x' })).status).toBe(428);
    const renamed = await organizer.patch(`concerts/${concertId}`, { title: 'Renamed' }, etagOf(concert));
    expect(dataOf(renamed)).toMatchObject({ title: 'Renamed', queueId: null });
    const again = await organizer.patch(`concerts/${concertId}`, { title: 'Lost' }, etagOf(concert));
    expect([again.status, codeOf(again)]).toEqual([412, '412']);
    const any = await organizer.patch(`concerts/${concertId}`, { title: 'Whatever it was' }, '*');
    expect(dataOf(any)).toMatchObject({ title: 'Whatever it was' });
  });

  it('moves the date of a draft, and of a published schedule only its window', async () => {
    const draft = await organizer.draft();
    const moved = await organizer.patch(
      `schedules/${draft.scheduleId}`,
      { startsAt: inDays(40), endsAt: inDays(41) },
      draft.etag,
    );
    expect(moved.status).toBe(200);
    const { scheduleId, etag } = await organizer.published();
    expect((await organizer.patch(`schedules/${scheduleId}`, { startsAt: inDays(20) }, etag)).status).toBe(
      409,
    );
    const window = { opensAt: inDays(1), closesAt: inDays(2), refundableUntil: inDays(2), seatsPerUser: 3 };
    const edited = await organizer.patch(`schedules/${scheduleId}`, window, etag);
    expect(dataOf(edited)).toMatchObject({ seatsPerUser: 3 });
    const open = await organizer.patch(`schedules/${scheduleId}`, { opensAt: null }, etagOf(edited));
    expect(dataOf(open)).toMatchObject({ opensAt: null });
  });

  it('takes free seats out of the sale and puts them back, all or none', async () => {
    const { scheduleId } = await organizer.published({ rows: 1, seatsPerRow: 4 });
    const rows = await app.admin.query<{ id: number }>(
      'SELECT id FROM concert_seat WHERE schedule_id = ? ORDER BY position',
      [scheduleId],
    );
    const [one = 0, two = 0, three = 0] = rows.map(({ id }) => id);
    const block = (seatIds: number[], blocked: boolean): ReturnType<OrganizerClient['post']> =>
      organizer.post(`schedules/${scheduleId}/blocks`, { seatIds, blocked });
    const statusOf = async (id: number): Promise<string | undefined> =>
      (await app.admin.query<{ status: string }>('SELECT status FROM concert_seat WHERE id = ?', [id]))[0]
        ?.status;
    const buyer = await app.buyer();
    await buyer.hold(scheduleId, three);
    const refused = await block([one, three], true);
    expect([refused.status, refused.text.includes(String(three))]).toEqual([409, true]);
    expect(await statusOf(one)).toBe('AVAILABLE');
    expect(dataOf(await block([one, two], true))).toEqual({ changed: 2 });
    expect(dataOf(await block([one], true))).toEqual({ changed: 0 });
    expect((await (await app.buyer()).reserve(scheduleId, one)).status).toBe(409);
    expect(dataOf(await block([one, three], false))).toEqual({ changed: 1 });
    expect((await (await app.buyer()).reserve(scheduleId, one)).status).toBe(200);
    expect((await block([one, 999_999_999], true)).status).toBe(400);
    expect((await auditOf(scheduleId))[0]).toMatchObject({ act: 'seats.unblock', after: { seatIds: [one] } });
  });

  it.each([
    ['an empty title', { title: ' ' }],
    ['an unknown field', { title: 'x', price: 1 }],
    ['a queue that is not there', { title: 'x', queueId: 'nowhere' }],
    ['a title that is too long', { title: 'x'.repeat(201) }],
  ])('gets 400 for a concert with %s', async (_what, body) => {
    expect((await organizer.post('concerts', body)).status).toBe(400);
  });

  it('gets 400 for a schedule that contradicts itself or its layout', async () => {
    const { concertId, layoutId } = await organizer.draft();
    const right = { startsAt: inDays(5), endsAt: inDays(6), layoutId, prices: { R: 1 } };
    const wrong = {
      'ends before it starts': { endsAt: inDays(4) },
      'opens after its start': { opensAt: inDays(7) },
      'closes before it opens': { opensAt: inDays(3), closesAt: inDays(2) },
      'closes after its start': { closesAt: inDays(6) },
      'no such layout': { layoutId: 999_999_999 },
      'a class without a price': { prices: {} },
      'a price of no class': { prices: { R: 1, X: 1 } },
      'a negative price': { prices: { R: -1 } },
      'a price above a billion won': { prices: { R: 1_000_000_001 } },
      'a part of a won': { prices: { R: 1.5 } },
      'refunds after its start': { refundableUntil: inDays(5.5) },
      'a time that no store can hold': { endsAt: '9999-12-31T23:59:59-12:00' },
      'a time before there were any': { opensAt: '0000-01-01T00:00:00Z' },
      'a time without its offset': { startsAt: '2030-01-01 10:00:00' },
      'no seats per user': { seatsPerUser: 0 },
    };
    for (const [what, change] of Object.entries(wrong)) {
      const answer = await organizer.post(`concerts/${concertId}/schedules`, { ...right, ...change });
      expect([what, answer.status]).toEqual([what, 400]);
    }
    expect((await organizer.post('concerts/999999999/schedules', right)).status).toBe(404);
    expect((await organizer.post('concerts/x/schedules', right)).status).toBe(404);
    expect((await organizer.post(`concerts/${concertId}/schedules`, right)).status).toBe(200);
  });

  it('names each class of the layout that has no price, or two of names that are the same to it', async () => {
    const name = `Hall ${randomInt(1e12)}`;
    const grid = [
      { name, rows: 1, seatsPerRow: 1, priceClass: 'constructor' },
      { name: `${name} left`, rows: 1, seatsPerRow: 1, priceClass: 'R석' },
    ];
    const { layoutId } = dataOf<{ layoutId: number }>(await organizer.post('layouts', { name, grid }));
    const { concertId } = await organizer.draft();
    const draft = (prices: object): ReturnType<OrganizerClient['post']> =>
      organizer.post(`concerts/${concertId}/schedules`, {
        startsAt: inDays(5),
        endsAt: inDays(6),
        layoutId,
        prices,
      });
    const inParts = 'R석'.normalize('NFD');
    const refusals = [
      [await draft({ R석: 1 }), 'constructor missing'],
      [await draft({ R석: 1, constructor: 2, 'constructor ': 3 }), 'constructor more than once'],
      [await draft({ [inParts]: 1, constructor: 2, R석: 3 }), 'R석 more than once'],
      [await draft({ R석: 1, constructor: 2, ' S ': 3 }), 'no class S'],
    ] as const;
    for (const [{ status, text }, words] of refusals)
      expect([status, text]).toEqual([400, expect.stringContaining(words)]);
    const made = dataOf(await draft({ [inParts]: 1, ' constructor': 2 }));
    expect(made).toMatchObject({ prices: { R석: 1, constructor: 2 }, seats: { AVAILABLE: 2 } });
  });

  it('sees its own schedules, by concert and state', async () => {
    const { concertId, scheduleId } = await organizer.published();
    const list = async (query: string): Promise<number[]> =>
      dataOf<{ scheduleId: number }[]>(await organizer.get(`schedules?${query}`)).map(
        (one) => one.scheduleId,
      );
    expect(await list(`concertId=${concertId}`)).toEqual([scheduleId]);
    expect(await list(`concertId=${concertId}&state=DRAFT`)).toEqual([]);
    expect(await list(`concertId=${concertId}&after=${scheduleId}`)).toEqual([]);
    expect((await organizer.get('schedules?state=SOLD')).status).toBe(400);
  });

  it('makes a hall of rows × seats of 10,000 seats, at the price of its class each', async () => {
    const sections = [
      { name: 'Floor', rows: 50, seatsPerRow: 100, priceClass: 'VIP', accessibleRows: [1] },
      { name: `Balcony ${randomInt(1e12)}`, rows: 100, seatsPerRow: 50, priceClass: 'A' },
    ];
    const { layoutId } = dataOf<{ layoutId: number }>(
      await organizer.post('layouts', { name: 'Big', grid: sections }),
    );
    const { concertId } = await organizer.draft();
    const { scheduleId } = dataOf<ScheduleDetail>(
      await organizer.post(`concerts/${concertId}/schedules`, {
        startsAt: inDays(5),
        endsAt: inDays(6),
        layoutId,
        prices: { VIP: 9, A: 0 },
      }),
    );
    const [counts] = await app.admin.query(
      `SELECT COUNT(*) AS seats, SUM(amount) AS worth, SUM(is_accessible) AS wheelchairs, MAX(position) AS last,
              COUNT(DISTINCT section, row_label, seat_number) AS places FROM concert_seat WHERE schedule_id = ?`,
      [scheduleId],
    );
    expect(counts).toEqual({ seats: 10_000, worth: 45_000, wheelchairs: 100, last: 10_000, places: 10_000 });
  });
});

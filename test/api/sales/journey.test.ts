import { at } from '../../support/at';
import { ACTIVE } from '../../support/clients/buyer';
import { useService } from '../../support/suite';

const DATE_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const OFFSET_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00$/;

describe('the whole journey', () => {
  const app = useService({ LIST_CACHE_TTL_MS: 0 });

  it('goes from a token to a paid seat, and the ledger shows it', async () => {
    const { id: scheduleId, title, seats } = await app.given.scheduleWithSeats(2, { amount: 30_000 });
    const buyer = await app.buyer();

    expect((await buyer.check()).body).toEqual({
      resultType: 'SUCCESS',
      data: ACTIVE,
      exception: null,
    });
    expect((await buyer.charge(50_000)).body).toEqual({
      resultType: 'SUCCESS',
      data: { amount: 50_000 },
      exception: null,
    });

    const schedules = (await buyer.schedules()).body as { data: { scheduleId: number }[] };
    expect(schedules.data.find((s) => s.scheduleId === scheduleId)).toEqual({
      scheduleId,
      concertTitle: title,
      openDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string,
      startTime: expect.stringMatching(/^\d\d:\d\d$/) as string,
      startsAt: expect.stringMatching(OFFSET_TIME) as string,
      endsAt: expect.stringMatching(OFFSET_TIME) as string,
      endTime: expect.stringMatching(/^\d\d:\d\d$/) as string,
      opensAt: null,
      closesAt: null,
      queueId: expect.stringMatching(/^test-/) as string,
      seatStatus: 'AVAILABLE',
    });

    const free = (await buyer.seats(scheduleId)).body as { data: unknown[] };
    expect(free.data).toEqual(
      seats.map(({ id, position }) => ({ seatId: id, position, amount: 30_000, seatStatus: 'AVAILABLE' })),
    );

    const hold = await buyer.reserve(scheduleId, at(seats, 0).id);
    expect(hold.body).toMatchObject({
      data: {
        seatStatus: 'TEMP_RESERVED',
        reservedDate: expect.stringMatching(DATE_TIME) as string,
        reservedUntilDate: expect.stringMatching(DATE_TIME) as string,
        reservedAt: expect.stringMatching(OFFSET_TIME) as string,
        reservedUntil: expect.stringMatching(OFFSET_TIME) as string,
      },
    });
    const { reservationId, reservedDate, reservedUntilDate } = (
      hold.body as { data: { reservationId: number; reservedDate: string; reservedUntilDate: string } }
    ).data;
    expect(Date.parse(reservedUntilDate) - Date.parse(reservedDate)).toBe(300_000);

    expect((await buyer.pay(reservationId)).body).toEqual({
      resultType: 'SUCCESS',
      data: { paymentAmount: 30_000, seatStatus: 'RESERVED', queueStatus: 'DONE' },
      exception: null,
    });
    expect((await buyer.check()).body).toMatchObject({ data: { status: 'DONE' } });

    const ledger = await app.admin.query(
      'SELECT kind, amount, balance_after FROM payment_history WHERE user_id = ? ORDER BY id',
      [buyer.userId],
    );
    expect(ledger).toEqual([
      { kind: 'CHARGE', amount: 50_000, balance_after: 50_000 },
      { kind: 'PAYMENT', amount: -30_000, balance_after: 20_000 },
    ]);
  });

  it('shows times in the display zone', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1);
    await app.admin.execute(
      "UPDATE concert_schedule SET starts_at = '2031-05-01 16:30:00', ends_at = '2031-05-01 18:00:00' WHERE id = ?",
      [id],
    );
    const buyer = await app.buyer();
    const list = (await buyer.schedules()).body as { data: { scheduleId: number }[] };
    expect(list.data.find((s) => s.scheduleId === id)).toMatchObject({
      openDate: '2031-05-02', // 01:30 of the next day in Seoul
      startTime: '01:30',
      endTime: '03:00',
      startsAt: '2031-05-02T01:30:00+09:00',
      endsAt: '2031-05-02T03:00:00+09:00',
    });
    expect(seats).toHaveLength(1);
  });

  it('accepts the token as Bearer as well', async () => {
    const buyer = await app.buyer(70);
    buyer.token = `Bearer ${buyer.token}`;
    expect((await buyer.amount()).body).toMatchObject({ data: { amount: 70 } });
  });

  it('does not list what has begun or is sold out, and calls a hall of holds SOLD_OUT', async () => {
    const begun = await app.given.scheduleWithSeats(1, { startsInSeconds: -60 });
    const sold = await app.given.scheduleWithSeats(1);
    const held = await app.given.scheduleWithSeats(1);
    const owner = await app.buyer(100);
    await owner.pay(await owner.hold(sold.id, at(sold.seats, 0).id));
    const buyer = await app.buyer();
    await buyer.hold(held.id, at(held.seats, 0).id);
    const list = ((await buyer.schedules()).body as { data: { scheduleId: number; seatStatus: string }[] })
      .data;
    const statusOf = (id: number): string | undefined => list.find((s) => s.scheduleId === id)?.seatStatus;
    expect([statusOf(begun.id), statusOf(sold.id), statusOf(held.id)]).toEqual([
      undefined,
      undefined,
      'SOLD_OUT',
    ]);
  });

  it('answers 304 to a list that has not changed', async () => {
    const { id } = await app.given.scheduleWithSeats(3);
    const buyer = await app.buyer();
    const first = await buyer.seats(id);
    const again = await buyer.seats(id).set('If-None-Match', String(first.headers.etag));
    expect([again.status, again.text]).toEqual([304, '']);
  });
});

import { Redis } from '../../../src/platform/redis/redis';
import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import { WaitingRoomRegistry } from '../../../src/modules/waiting-room/registry';
import { at } from '../../support/at';
import { type Buyer, outcome } from '../../support/clients/buyer';
import { startTestService } from '../../support/service';
import { useService } from '../../support/suite';
import { until } from '../../support/wait';

const TIMES = { QUEUE_SESSION_SECONDS: 60, HOLD_SECONDS: 120 };

describe('a session whose user holds a seat', () => {
  const app = useService(TIMES);

  const seqOf = ({ token }: Buyer): number =>
    (JSON.parse(Buffer.from(at(token.split('.'), 1), 'base64url').toString()) as { seq: number }).seq;
  const deadlineOf = async (buyer: Buyer): Promise<number> =>
    Number(
      await app.service.container.resolve(Redis).zscore(queueKeys(app.queueId).active, String(seqOf(buyer))),
    );
  const heldUntil = async (reservationId: number): Promise<number> => {
    const [row] = await app.admin.query<{ heldUntil: Date }>(
      'SELECT held_until AS heldUntil FROM reservation WHERE id = ?',
      [reservationId],
    );
    return row?.heldUntil.getTime() ?? NaN;
  };

  it('lasts as long as the hold, in every process, and ends with the payment', async () => {
    const other = await startTestService({ ...TIMES, QUEUE_ID: app.queueId, QUEUE_MAX_ACTIVE: 10_000 });
    try {
      const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
      const holder = await app.buyer(10);
      const ownMs = await deadlineOf(holder);
      const reservationId = await holder.hold(id, at(seats, 0).id);
      const heldUntilMs = await heldUntil(reservationId);
      expect(heldUntilMs - ownMs).toBeGreaterThan(0);
      expect(await deadlineOf(holder)).toBeGreaterThanOrEqual(heldUntilMs);

      for (const { container } of [app.service, other]) {
        const { snapshot } = container.resolve(WaitingRoomRegistry).main;
        await until('the copy has learnt of it', () =>
          snapshot
            .liveSessions()
            .some(({ seq, sessionUntilMs }) => seq === seqOf(holder) && sessionUntilMs >= heldUntilMs),
        );
      }
      expect(outcome(await holder.elsewhere(other.url).pay(reservationId))).toBe('200');
      await until('the session has ended', async () => {
        const { data } = (await holder.check()).body as { data: { status: string } };
        return data.status === 'DONE';
      });
    } finally {
      await other.stop();
    }
  });

  it('is not prolonged by asking for the same seat again, nor by a seat that somebody else has', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(2, { amount: 10 });
    const [holder, other] = [await app.buyer(10), await app.buyer(10)];
    const reservationId = await holder.hold(id, at(seats, 0).id);
    await app.admin.execute(
      `UPDATE reservation r JOIN concert_seat s ON s.id = r.seat_id JOIN orders o ON o.id = r.order_id
          SET r.held_until = NOW(3) + INTERVAL 70 SECOND, s.held_until = r.held_until, o.held_until = r.held_until
        WHERE r.id = ?`,
      [reservationId],
    );
    const [holderMs, otherMs] = [await deadlineOf(holder), await deadlineOf(other)];
    expect(outcome(await holder.reserve(id, at(seats, 0).id))).toBe('200');
    expect(outcome(await other.reserve(id, at(seats, 0).id))).toBe('409 004');
    expect([await deadlineOf(holder), await deadlineOf(other)]).toEqual([holderMs, otherMs]);
  });

  it('cannot be prolonged by holds beyond its maximum: further holds are refused, other requests are served', async () => {
    const room = app.service.container.resolve(WaitingRoomRegistry).main;
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
    const holder = await app.buyer(10);
    const settle = jest.spyOn(room.entries, 'resolve').mockImplementation((_place, isToHold) =>
      Promise.resolve({
        status: 'PROGRESS',
        position: 0,
        sessionUntilMs: 1,
        nowMs: 0,
        mayHold: isToHold !== true,
      }),
    );
    const refused = await holder.reserve(id, at(seats, 0).id);
    expect([outcome(refused), refused.text]).toEqual(['409 409', expect.stringContaining('pay for them')]);
    expect(outcome(await holder.charge(1))).toBe('200');
    settle.mockRestore();
    expect(outcome(await holder.reserve(id, at(seats, 0).id))).toBe('200');
  });
});

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { WaitingRoomRegistry } from '../../src/modules/waiting-room/registry';
import type { QueueStatusReport } from '../../src/modules/waiting-room/status/schema';
import { QueueService } from '../../src/modules/waiting-room/service';
import { at } from '../support/at';
import { Buyer } from '../support/clients/buyer';
import { useService } from '../support/suite';
import { until } from '../support/wait';

const QUEUE = `hall-${randomBytes(4).toString('hex')}`;
const SEATS = Number(process.env.HALL_SEATS ?? 60);
const BUYERS = 10 * SEATS;
/** Of those who hold a seat, each seventh gives it back. */
const GIVES_BACK = 7;
const PRICE = 10;

describe('an opening with ten times more buyers than seats', () => {
  const app = useService({
    QUEUES: `${QUEUE}=40`,
    QUEUE_ADMIT_BY_SEATS: 'on',
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 600,
  });
  const status = async (): Promise<QueueStatusReport> =>
    ((await request(app.url).get(`/v1/api/queues/${QUEUE}/status`)).body as { data: QueueStatusReport }).data;

  const admissible = async (): Promise<number> => {
    const { text } = await request(app.url).get('/metrics');
    return Number(
      new RegExp(`^concert_queue_admissible_by_seats{queue="${QUEUE}"} (\\d+)$`, 'm').exec(text)?.[1],
    );
  };

  it('lets hardly anybody into an empty hall, and tells all others that it is sold out', async () => {
    const { id, title } = await app.given.scheduleWithSeats(SEATS, { amount: PRICE });
    await app.admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [QUEUE, title]);
    await until('the seats are counted', async () => (await status()).left?.[0]?.seats === SEATS);
    await until('metrics have seats for more users', async () => (await admissible()) > 0);
    const queue = app.service.container.resolve(QueueService);
    const rooms = app.service.container.resolve(WaitingRoomRegistry);
    const outcomes = { bought: 0, gaveBack: 0, foundNothing: 0, neverIn: 0 };
    let isSoldOut = false;

    const buy = async (buyer: Buyer, i: number): Promise<void> => {
      for (let tries = 0; tries < 5; tries++) {
        const seats = ((await buyer.seats(id)).body as { data: { seatId: number }[] }).data;
        if (seats.length === 0) break;
        const { seatId } = at(seats, (i * 7919 + tries) % seats.length);
        const held = await buyer.reserve(id, seatId);
        if (held.status !== 200) continue;
        const { reservationId } = (held.body as { data: { reservationId: number } }).data;
        if (i % GIVES_BACK === 0) {
          const [order] = ((await buyer.get('/v1/api/orders')).body as { data: { orderId: number }[] }).data;
          await buyer.release(order?.orderId ?? 0);
          outcomes.gaveBack++;
          return;
        }
        await buyer.charge(PRICE);
        expect((await buyer.pay(reservationId)).status).toBe(200);
        outcomes.bought++;
        return;
      }
      outcomes.foundNothing++;
    };

    const visit = async (userId: number, i: number): Promise<void> => {
      const { queueToken } = await queue.issue(userId, { queueId: QUEUE });
      const claims = queue.identify(queueToken);
      for (;;) {
        const checked = await queue.check(claims);
        if (checked.status === 'PROGRESS') break;
        if (isSoldOut) {
          outcomes.neverIn++;
          return;
        }
        await sleep(300);
      }
      const buyer = new Buyer(app.url, userId);
      buyer.token = queueToken;
      await buy(buyer, i);
      // Who has bought nothing leaves: as if the session had been idle for long enough.
      await rooms.find(QUEUE)?.entries.endSession(claims.seq);
    };

    // One statement, whose ids follow each other.
    const names = Array.from({ length: BUYERS }, () => "('Test user')").join();
    const { insertId } = await app.admin.execute(`INSERT INTO member (name) VALUES ${names}`);
    const users = Array.from({ length: BUYERS }, (_, i) => insertId + i);
    const visits = Promise.all(users.map(visit));
    await until('sold out', async () => (isSoldOut = (await status()).state === 'SOLD_OUT'));
    await until('metrics have a seat for nobody', async () => (await admissible()) === 0);
    await visits;

    const admitted = BUYERS - outcomes.neverIn;
    expect(outcomes.bought).toBe(SEATS);
    expect(outcomes.gaveBack).toBeGreaterThan(0);
    expect(outcomes.foundNothing).toBeLessThanOrEqual(0.02 * admitted);
  });
});

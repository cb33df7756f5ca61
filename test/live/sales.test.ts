import { randomInt } from 'node:crypto';
import { SalesRepository } from '../../src/modules/live/sales/repository';
import { LiveService } from '../../src/modules/live/service';
import { type Sales, soldOutAtMs } from '../../src/modules/live/sales/sales';
import { BoardStore } from '../../src/modules/waiting-room/status/board-store';
import { at } from '../support/at';
import { uniqueQueueId } from '../support/config';
import { followLive } from '../support/clients/live';
import { givenOperator } from '../support/rows/organizer';
import { useService } from '../support/suite';
import { until } from '../support/wait';

const MINUTE_MS = 60_000;
/** Concerts without a queue, which other tests make, are the main one's. */
const QUEUE = uniqueQueueId();

describe('what the live view tells of sales', () => {
  const app = useService({ MANAGEMENT_PORT: 0, QUEUES: `${QUEUE}=10` });

  it('is what the database has: seats by class, holds, and what each minute sold and lost', async () => {
    const admin = await app.operator('admin');
    const { scheduleId, title } = await admin.published({ rows: 1, seatsPerRow: 4, price: 700 });
    const seats = await app.admin.query<{ id: number }>('SELECT id FROM concert_seat WHERE schedule_id = ?', [
      scheduleId,
    ]);
    const names = "UPDATE concert_seat SET price_class = 'constructor' WHERE schedule_id = ?";
    await app.admin.execute(names, [scheduleId]);
    const [payer, loser] = [await app.buyer(1000), await app.buyer(1000)];
    await payer.pay(await payer.hold(scheduleId, at(seats, 0).id));
    await app.given.holdIsPast(await loser.hold(scheduleId, at(seats, 1).id));
    await app.admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [QUEUE, title]);
    const live = await followLive(app.managementUrl, (await givenOperator(app.admin, 'viewer')).key);
    const ours = ({ sales }: { sales: { queues: Sales['queues'] } }): Sales['queues'][number] | undefined =>
      sales.queues.find(({ queueId }) => queueId === QUEUE);
    const lapsed = await live.until('the hold has lapsed', (report) => {
      const { classes = [], minutes = [], holds } = ours(report) ?? {};
      return minutes.some(({ lapses }) => lapses > 0) && holds === 0 && classes[0]?.free === 3;
    });
    const { classes, minutes } = ours(lapsed) ?? { classes: [], minutes: [] };
    expect(classes).toEqual([{ name: 'constructor', amount: 700, free: 3, held: 0, sold: 1, blocked: 0 }]);
    const sold = minutes.filter(({ seats: count }) => count > 0);
    expect(sold).toMatchObject([{ seats: 1, won: 700, byClass: { constructor: 1 } }]);
    expect(minutes.reduce((sum, { lapses }) => sum + lapses, 0)).toBe(1);
    live.close();
  });

  it('are one of the main queue, whether or not its concerts name it', async () => {
    const name = `class ${randomInt(1e9)}`;
    for (const queueId of [null, '', app.queueId]) {
      const { id, title } = await app.given.scheduleWithSeats(2);
      await app.admin.execute('UPDATE concert_seat SET price_class = ? WHERE schedule_id = ?', [name, id]);
      await app.admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [queueId, title]);
    }
    const classes = await app.service.container.resolve(SalesRepository).classes();
    const own = classes.filter((each) => each.name === name);
    expect(own).toMatchObject([{ queueId: app.queueId, free: 6 }]);
  });

  it('has the message of its queue also while the board of another cannot be read', async () => {
    const { container } = app.service;
    const [live, boards] = [container.resolve(LiveService), container.resolve(BoardStore)];
    const read = boards.read.bind(boards);
    const away = jest
      .spyOn(boards, 'read')
      .mockImplementation((queueId) =>
        queueId === QUEUE ? read(queueId) : Promise.reject(new Error('The node of this queue is away.')),
      );
    const notice = { ko: '곧 시작합니다', en: 'We begin soon' };
    await boards.writeNotice(QUEUE, notice);
    await until('it is shown', async () => {
      await live.refresh().catch(() => undefined);
      return live.report().queues.find(({ queueId }) => queueId === QUEUE)?.notice?.en === notice.en;
    });
    away.mockRestore();
  });

  it('says when all will be sold by what the last five minutes sold', () => {
    const nowMs = 1_000 * MINUTE_MS;
    const minute = (ago: number, seats: number): Sales['queues'][number]['minutes'][number] => ({
      minuteMs: nowMs - ago * MINUTE_MS,
      seats,
      won: 0,
      lapses: 0,
      byClass: {},
    });
    const sales = (free: number, minutes: Sales['queues'][number]['minutes']): Sales['queues'][number] => ({
      queueId: 'q',
      holds: 0,
      minutes,
      classes: [{ name: 'R', amount: 1, free, held: 0, sold: 0, blocked: 0 }],
    });
    expect(soldOutAtMs(sales(30, [minute(2, 10), minute(1, 10)]), nowMs)).toBe(nowMs + 3 * MINUTE_MS);
    expect(soldOutAtMs(sales(30, [minute(40, 999), minute(1, 10)]), nowMs)).toBe(nowMs + 3 * MINUTE_MS);
    expect(soldOutAtMs(sales(0, [minute(1, 10)]), nowMs)).toBeUndefined();
    expect(soldOutAtMs(sales(30, []), nowMs)).toBeUndefined();
  });
});

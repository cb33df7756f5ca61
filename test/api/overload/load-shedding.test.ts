import request from 'supertest';
import { LoadShedder } from '../../../src/http/limits/shedder';
import { LoadMonitor } from '../../../src/modules/waiting-room/admission/load-monitor';
import { at } from '../../support/at';
import { Buyer, outcome } from '../../support/clients/buyer';
import { uniqueQueueId } from '../../support/config';
import { startTestService } from '../../support/service';
import { useService } from '../../support/suite';
import { until } from '../../support/wait';

const SHED = '503 503';

describe('while the load shedder admits nothing', () => {
  const suite = useService();
  const proving = useService({ TOKEN_GATE: 'proof-of-work' });
  let buyer: Buyer;
  let schedule: Awaited<ReturnType<typeof suite.given.scheduleWithSeats>>;

  beforeAll(async () => {
    schedule = await suite.given.scheduleWithSeats(1);
    buyer = await suite.buyer();
  });
  beforeEach(() => {
    jest.spyOn(LoadShedder.prototype, 'enter').mockReturnValue(false);
  });
  afterEach(() => jest.restoreAllMocks());

  it('a balance, which is read from the database, is refused with 503 and Retry-After', async () => {
    const answer = await buyer.amount();
    expect([outcome(answer), answer.headers['retry-after']]).toEqual([SHED, '1']);
  });

  it('top-ups, holds, payments and tokens are refused with 503', async () => {
    const issue = await request(suite.url).post('/v1/api/queue/token').send({ userId: buyer.userId });
    const answers = [
      await buyer.charge(1),
      await buyer.reserve(schedule.id, at(schedule.seats, 0).id),
      await buyer.pay(1),
      issue,
    ];
    expect(answers.map(outcome)).toEqual([SHED, SHED, SHED, SHED]);
  });

  it('a token that waits or has ended is answered by its status, and the controller learns of neither', async () => {
    jest.restoreAllMocks();
    const few = await startTestService({ QUEUE_ID: uniqueQueueId(), QUEUE_MAX_ACTIVE: 1 });
    try {
      const ended = await new Buyer(few.url, await suite.given.user(1000)).enter();
      const waiting = await new Buyer(few.url, await suite.given.user()).enter();
      const last = await new Buyer(few.url, await suite.given.user()).enter();
      const [sold, free] = [await suite.given.scheduleWithSeats(1), await suite.given.scheduleWithSeats(1)];
      await ended.pay(await ended.hold(sold.id, at(sold.seats, 0).id));
      await until('the next one is active', async () =>
        /PROGRESS/.test(JSON.stringify((await waiting.check()).body)),
      );
      const record = jest.spyOn(few.container.resolve(LoadMonitor), 'recordRequest');
      jest.spyOn(LoadShedder.prototype, 'enter').mockReturnValue(false);
      jest.spyOn(LoadShedder.prototype, 'isFull', 'get').mockReturnValue(true);
      for (const by of [ended, last]) {
        const answers = [
          await by.charge(1),
          await by.reserve(free.id, at(free.seats, 0).id),
          await by.pay(1),
        ];
        expect(answers.map(outcome)).toEqual(['403 003', '403 003', '403 003']);
      }
      expect(record).not.toHaveBeenCalled();
      expect(outcome(await waiting.charge(1))).toBe(SHED);
      expect(record).toHaveBeenCalledTimes(1);
    } finally {
      await few.stop();
    }
  });

  it('polls and lists, which are answered from memory, are served', async () => {
    const answers = [await buyer.check(), await buyer.schedules(), await buyer.seats(schedule.id)];
    expect(answers.map(outcome)).toEqual(['200', '200', '200']);
  });

  it('log and draws of a queue, which anybody may read, are read in places that are not those of users', async () => {
    const log = `${suite.url}/v1/api/transparency/${suite.queueId}`;
    const entry = await request(log).get('/inclusion?seq=1&generation=1');
    const tile = await request(log).get('/tile/entries/x999/999');
    const draws = await request(suite.url).get(`/v1/api/queues/${suite.queueId}/draws`);
    expect([entry, tile, draws].map(outcome)).toEqual(['404 404', '404 404', '200']);
  });

  it('a proof-of-work challenge, which needs no store, is served', async () => {
    const answer = await request(proving.url).post('/v1/api/queue/challenge').send({ userId: 1 });
    expect(outcome(answer)).toBe('200');
  });

  it('the controller learns of each refused request of an active user', async () => {
    const record = jest.spyOn(suite.service.container.resolve(LoadMonitor), 'recordRequest');
    await buyer.amount();
    await buyer.charge(1);
    expect(record.mock.calls).toEqual([
      [0, 503, false],
      [0, 503, true],
    ]);
  });
});

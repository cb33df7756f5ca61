import { Breakers } from '../../../src/modules/operations/breakers';
import { LoadShedder } from '../../../src/http/limits/shedder';
import { HttpMetrics } from '../../../src/http/metrics';
import { at } from '../../support/at';
import { Buyer, outcome } from '../../support/clients/buyer';
import { testConfig } from '../../support/config';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { startTestService } from '../../support/service';
import { proxied } from '../../support/servers/tcp-proxy';
import { until, wait } from '../../support/wait';

/** This many concurrent requests are never refused. */
const NEVER_REFUSED = 64;
const BUYERS = 75;
/** As many at once as tell nothing of how fast the service is. */
const FEW = 25;

describe('a service whose database stands still', () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  const buyers: Buyer[] = [];
  let database: Awaited<ReturnType<typeof proxied>>;
  let service: Awaited<ReturnType<typeof startTestService>>;
  let metrics: HttpMetrics;
  const shed = async (): Promise<number> => (await metrics.requestsShed.get()).values[0]?.value ?? 0;

  beforeAll(async () => {
    database = await proxied(testConfig().DATABASE_URL);
    service = await startTestService({
      DATABASE_URL: database.url,
      DATABASE_TIMEOUT_MS: 60_000,
      DATABASE_ACQUIRE_TIMEOUT_MS: 60_000,
      // Only what stands still is refused, never what a busy machine is slow with.
      LOAD_SHEDDING_MAX_DELAY_MS: 10_000,
      QUEUE_MAX_ACTIVE: 1000,
    });
    metrics = service.container.resolve(HttpMetrics);
    while (buyers.length < BUYERS) {
      const userIds = await given.users(FEW);
      const entered = userIds.map((userId) => new Buyer(service.url, userId).enter());
      buyers.push(...(await Promise.all(entered)));
    }
  });
  afterAll(async () => {
    await service.stop();
    await database.proxy.cut();
    await admin.close();
  });

  it('answers 503 with Retry-After to requests that cannot be served in time, and completes exactly the accepted ones', async () => {
    const crowd = buyers.slice(0, NEVER_REFUSED);
    const latecomer = at(buyers, NEVER_REFUSED);
    database.proxy.change({ silent: true });
    const entered = jest.spyOn(LoadShedder.prototype, 'enter');
    const charges = crowd.map(async (buyer) => outcome(await buyer.charge(1)));
    await until('the crowd is in', () => entered.mock.calls.length === NEVER_REFUSED);
    entered.mockRestore();
    await wait(300); // more than the shedder needs to see that nothing ends
    const late = await latecomer.charge(1);
    expect(outcome(late)).toBe('503 503');
    expect(late.headers['retry-after']).toBe('1');
    expect((await latecomer.check()).status).toBe(200); // looks at the line go on
    database.proxy.change({});

    expect(await Promise.all(charges)).toEqual(Array(NEVER_REFUSED).fill('200'));
    const charged = `SELECT SUM(balance) AS won FROM member WHERE id IN (${crowd.map(({ userId }) => userId).join()})`;
    expect(await admin.query(charged)).toEqual([{ won: NEVER_REFUSED }]);
    expect((await latecomer.amount()).body).toMatchObject({ data: { amount: 0 } });
    expect(await shed()).toBe(1);
    expect(service.container.resolve(Breakers).concert.state).toBe('closed');
  });

  it('stops refusing once the database answers again', async () => {
    database.proxy.change({ delayMs: 10 });
    let goesOn = true;
    let answered = 0;
    const crowd = buyers.map(async (buyer) => {
      for (; goesOn; answered++) await buyer.charge(1);
    });
    const isAnswered = (count: number): Promise<unknown> => {
      const enough = answered + count;
      return until(`${count} more are answered`, () => answered >= enough);
    };
    try {
      await isAnswered(3 * BUYERS);
      database.proxy.change({ silent: true });
      await until('all wait', () => metrics.requestsInFlight >= BUYERS);
      await wait(2500); // a rate of nothing at all is measured, and again after the shedder's memory
      database.proxy.change({ delayMs: 10 });
      await until('nothing is refused for three rounds', async () => {
        const refused = await shed();
        await isAnswered(3 * BUYERS);
        return (await shed()) === refused;
      });
    } finally {
      database.proxy.change({});
      goesOn = false;
      await Promise.all(crowd);
    }
  });
});

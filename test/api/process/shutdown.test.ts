import { Buyer } from '../../support/clients/buyer';
import { Given, lockUsers, openAdminDatabase } from '../../support/rows/given';
import { ServiceProcess } from '../../support/servers/process';
import { until } from '../../support/wait';

/** As long as they may be: neither ends while a test goes on. */
const [DRAIN_MS, GRACE_MS] = [120_000, 300_000];

describe('SIGTERM', () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  afterAll(() => admin.close());

  const readiness = async ({ url }: ServiceProcess): Promise<number> =>
    (await fetch(`${url}/health/ready`)).status;

  /** The user's charge is in the process, where it waits for the row that `lockUsers` has locked. */
  const isUnderWay = async ({ url }: ServiceProcess): Promise<boolean> =>
    /^http_requests_in_flight 2$/m.test(await (await fetch(`${url}/metrics`)).text()); // and the scrape itself

  it('turns readiness off and fails no request while it drains; a second signal ends it at once', async () => {
    const service = await new ServiceProcess({
      SHUTDOWN_DRAIN_MS: DRAIN_MS,
      QUEUE_MAX_ACTIVE: 1000,
    }).start();
    const buyer = await new Buyer(service.url, await given.user(10)).enter();
    const answers: number[] = [];
    let ready = 200;
    const ask = async (): Promise<void> => {
      while (ready === 200) answers.push((await buyer.amount()).status);
      for (let i = 0; i < 5; i++) answers.push((await buyer.amount()).status); // draining: still answered
    };
    const load = Promise.all([ask(), ask(), ask()]);
    await until('there is load', () => answers.length > 0);
    service.signal('SIGTERM');
    while (ready === 200) ready = await readiness(service);
    await load;
    expect(ready).toBe(503);
    expect(answers.length).toBeGreaterThan(15);
    expect(answers.filter((status) => status !== 200)).toEqual([]);
    expect(await service.stop('SIGINT')).toBe(1);
  });

  it('waits for a request under way, which is answered, and ends with 0', async () => {
    const service = await new ServiceProcess({
      SHUTDOWN_DRAIN_MS: 100,
      SHUTDOWN_GRACE_MS: GRACE_MS,
      QUEUE_MAX_ACTIVE: 1000,
    }).start();
    const buyer = await new Buyer(service.url, await given.user()).enter();
    const { letGo, locked } = await lockUsers(admin, [buyer.userId]);
    const charge = buyer.charge(5).then(({ status }) => status);
    await until('the charge is under way', () => isUnderWay(service));
    service.signal('SIGTERM');
    await until('it takes no more requests', () =>
      readiness(service).then(
        () => false,
        () => true,
      ),
    );
    letGo();
    await locked;
    expect([await charge, await service.ended()]).toEqual([200, 0]);
  });

  it('waits for a request that is stuck no longer than SHUTDOWN_GRACE_MS', async () => {
    const service = await new ServiceProcess({ SHUTDOWN_GRACE_MS: 300, QUEUE_MAX_ACTIVE: 1000 }).start();
    const buyer = await new Buyer(service.url, await given.user()).enter();
    const { letGo, locked } = await lockUsers(admin, [buyer.userId]);
    const stuck = buyer.charge(5).then(
      () => 'answered',
      () => 'cut off',
    );
    await until('the charge is under way', () => isUnderWay(service));
    const code = await service.stop();
    const fate = await stuck;
    letGo();
    await locked;
    expect([code, fate]).toEqual([0, 'cut off']);
    expect(await admin.query('SELECT balance FROM member WHERE id = ?', [buyer.userId])).toEqual([
      { balance: 0 },
    ]);
  });

  it('logs JSON lines without tokens', async () => {
    const service = await new ServiceProcess({ LOG_LEVEL: 'trace', QUEUE_MAX_ACTIVE: 1000 }).start();
    const buyer = await new Buyer(service.url, await given.user()).enter();
    await buyer.amount();
    await service.stop();
    const text = service.lines.join('\n');
    expect(service.lines.map((line) => JSON.parse(line) as object).length).toBeGreaterThan(3);
    expect(text).toContain('"route":"/v1/api/user/amount"');
    expect(text).not.toContain(buyer.token);
    expect(text).not.toContain(buyer.token.split('.')[2]);
  });
});

import { Buyer } from '../../support/clients/buyer';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { ServiceProcess } from '../../support/servers/process';

describe('SIGTERM', () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  afterAll(() => admin.close());

  it('fails no request under way, turns readiness off first, and ends with 0', async () => {
    const service = await new ServiceProcess({ SHUTDOWN_DRAIN_MS: 3000, QUEUE_MAX_ACTIVE: 1000 }).start();
    const buyer = await new Buyer(service.url, await given.user(10)).enter();
    const answers: number[] = [];
    let readiness = 200;
    const ask = async (): Promise<void> => {
      while (readiness === 200) answers.push((await buyer.amount()).status);
      for (let i = 0; i < 5; i++) answers.push((await buyer.amount()).status); // draining: still answered
    };
    const load = Promise.all([ask(), ask(), ask()]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    service.signal('SIGTERM');
    while (readiness === 200) readiness = (await fetch(`${service.url}/health/ready`)).status;
    await load;
    expect(await service.ended()).toBe(0);
    expect(readiness).toBe(503);
    expect(answers.length).toBeGreaterThan(15);
    expect(answers.filter((status) => status !== 200)).toEqual([]);
  });

  it('waits for a request that is stuck no longer than SHUTDOWN_GRACE_MS', async () => {
    const service = await new ServiceProcess({ SHUTDOWN_GRACE_MS: 300, QUEUE_MAX_ACTIVE: 1000 }).start();
    const userId = await given.user();
    const buyer = await new Buyer(service.url, userId).enter();
    await admin.transaction(async (tx) => {
      await tx.query('SELECT id FROM member WHERE id = ? FOR UPDATE', [userId]);
      const stuck = buyer.charge(5).then(
        () => 'answered',
        () => 'cut off',
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await service.stop()).toBe(0);
      expect(await stuck).toBe('cut off');
    });
    expect(await given.database.query('SELECT balance FROM member WHERE id = ?', [userId])).toEqual([
      { balance: 0 },
    ]);
  });

  it('ends at once on the second signal', async () => {
    const service = await new ServiceProcess({ SHUTDOWN_DRAIN_MS: 60_000 }).start();
    service.signal('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await service.stop('SIGINT')).toBe(1);
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

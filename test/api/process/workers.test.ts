import { once } from 'node:events';
import { connect } from 'node:net';
import { Buyer, tally } from '../../support/clients/buyer';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { ServiceProcess } from '../../support/servers/process';
import { until } from '../../support/wait';

interface Line {
  msg?: string;
  pid: number;
  role: string;
}

describe('WORKERS=3', () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  let service: ServiceProcess;
  const lines = (msg: string): Line[] =>
    service.lines.map((line) => JSON.parse(line) as Line).filter((line) => line.msg === msg);

  beforeAll(async () => {
    service = await new ServiceProcess({
      NODE_ENV: 'production',
      WORKERS: 3,
      MANAGEMENT_PORT: 0,
      QUEUE_MAX_ACTIVE: 100_000,
      LIST_CACHE_TTL_MS: 0,
    }).start();
    await until('all are ready', () => lines('ready').length === 3);
  });
  afterAll(async () => {
    await service.stop();
    await admin.close();
  });

  const metric = async (series: string): Promise<number> => {
    const text = await (await fetch(`${service.managementUrl}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${series} `));
    return Number(line?.split(' ')[1] ?? 0);
  };

  it('share one port for users and one for operators', () => {
    const lines = service.lines.map((line) => JSON.parse(line) as { msg?: string; managementPort?: number });
    const ports = lines.filter(({ msg }) => msg === 'listening').map(({ managementPort }) => managementPort);
    expect(new Set(ports)).toEqual(new Set([Number(new URL(service.managementUrl).port)]));
    expect(service.managementUrl).not.toBe(service.url);
  });

  it('share requests, and only one of them does the background work', () => {
    expect(new Set(lines('ready').map(({ pid }) => pid)).size).toBe(3);
    expect(
      lines('ready')
        .map(({ role }) => role)
        .sort(),
    ).toEqual(['all', 'api', 'api']);
  });

  it('report the same queue and the same metrics, whichever answers', async () => {
    const buyers = await Promise.all((await given.users(30)).map((id) => new Buyer(service.url, id).enter()));
    const answers = await Promise.all(buyers.map((buyer) => buyer.charge(5)));
    expect(tally(answers)).toEqual({ '200': 30 });
    await until('every worker has the same copy of the queue', async () => {
      const checks = await Promise.all(
        buyers.flatMap((buyer) => [buyer.check(), buyer.check(), buyer.check()]),
      );
      const copies = checks.map(({ body }: { body: { data: object } }) => ({ ...body.data, seq: 0 }));
      return new Set(copies.map((copy) => JSON.stringify(copy))).size === 1;
    });
    // The sum over all; a worker that is slow to answer is missing in it.
    await until('all are counted', async () => (await metric('concert_balance_topups_total')) === 30);
    expect(await metric(`concert_queue_active_limit{queue="${service.queueId}"}`)).toBe(100_000); // one truth, not a sum
    const active = (): Promise<number> => metric(`concert_queue_active{queue="${service.queueId}"}`);
    await until('each user is counted once', async () => (await active()) === 30);
  });

  it('replace one that dies, and go on meanwhile', async () => {
    const buyer = await new Buyer(service.url, await given.user()).enter();
    const [victim] = lines('ready').filter(({ role }) => role === 'api');
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    await until('a fourth is ready', () => lines('ready').length === 4);
    const answers = await Promise.all(Array.from({ length: 12 }, () => buyer.amount()));
    expect(tally(answers)).toEqual({ '200': 12 });
  });

  it('end together, with 0, and reset no connection that has reached the port before', async () => {
    const other = await new ServiceProcess({ WORKERS: 2 }).start();
    const clients = Array.from({ length: 60 }, () => connect(Number(new URL(other.url).port), '127.0.0.1'));
    const answers = clients.map(async (client) => {
      let text = '';
      client.on('data', (chunk: Buffer) => (text += chunk.toString()));
      client.on('error', (error) => (text += error.message));
      await once(client, 'close');
      return text.split('\r\n')[0];
    });
    await Promise.all(clients.map((client) => once(client, 'connect')));
    for (const client of clients)
      client.write('GET /nowhere HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n');
    expect(await other.stop()).toBe(0);
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['HTTP/1.1 404 Not Found']));
  });
});

import request from 'supertest';
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunningService } from '../../src/service';
import { at } from '../support/at';
import { uniqueQueueId } from '../support/config';
import { Crowd } from '../support/crowd';
import { startTestService } from '../support/service';
import { until } from '../support/wait';

const TOKEN = createHash('sha256').update('a token of the tests').digest('hex');
const ORDERS = [
  {},
  { command: 'open' },
  { command: 'limit' },
  { command: 'limit', value: 0 },
  { command: 'pause', value: 1 },
];

describe('the operator’s hand', () => {
  const queueId = uniqueQueueId();
  let services: (RunningService & { url: string })[];
  let urls: string[];

  beforeAll(async () => {
    const own = { QUEUE_ID: queueId, QUEUE_MAX_ACTIVE: 'auto', QUEUE_AUTO_MIN_ACTIVE: 5 };
    const overrides = { ...own, MANAGEMENT_PORT: 0, MANAGEMENT_TOKEN: TOKEN };
    services = await Promise.all([startTestService(overrides), startTestService(overrides)]);
    urls = services.map(({ managementPort }) => `http://127.0.0.1:${managementPort ?? 0}`);
  });
  afterAll(() => Promise.all(services.map((service) => service.stop())));

  const order = (url: string, body: object, token = TOKEN): request.Test =>
    request(url).post(`/queues/${queueId}/admission`).set('Authorization', `Bearer ${token}`).send(body);
  const doorAt = async (url: string): Promise<unknown> => {
    const answer = await request(url).get('/queues').set('Authorization', `Bearer ${TOKEN}`);
    return (answer.body as { data: unknown[] }).data[0];
  };

  it('wants its token, on the management port alone', async () => {
    const [url = ''] = urls;
    expect((await request(url).get('/queues')).status).toBe(401);
    expect((await order(url, { command: 'pause' }, `${TOKEN}x`)).status).toBe(401);
    expect((await order(at(services, 0).url, { command: 'pause' })).status).toBe(404);
    expect(await doorAt(url)).toMatchObject({ queueId, paused: false, source: 'auto' });
  });

  it('is nobody’s without MANAGEMENT_TOKEN', async () => {
    const service = await startTestService({ MANAGEMENT_PORT: 0 });
    const url = `http://127.0.0.1:${service.managementPort ?? 0}`;
    expect((await request(url).get('/queues').set('Authorization', 'Bearer ')).status).toBe(404);
    await service.stop();
  });

  it.each(ORDERS)('names what is wrong with %j', async (body) => {
    const answer = await order(at(urls, 0), body);
    expect([answer.status, answer.body]).toMatchObject([400, { exception: { code: '400' } }]);
  });

  it('given to one process holds at the other; nobody gets in while it is paused', async () => {
    const [one = '', other = ''] = urls;
    expect((await order(one, { command: 'pause' })).body).toMatchObject({
      data: { paused: true, source: 'operator' },
    });
    await until('the other knows', async () => ((await doorAt(other)) as { paused: boolean }).paused);
    const crowd = new Crowd(services);
    await crowd.come(3);
    expect(((await doorAt(other)) as { active: number }).active).toBe(0);
    expect((await order(other, { command: 'limit', value: 2 })).body).toMatchObject({
      data: { activeLimit: 2 },
    });
    await order(one, { command: 'resume' });
    await until('two are in', async () => ((await doorAt(other)) as { active: number }).active === 2);
    expect((await order(one, { command: 'auto' })).body).toMatchObject({ data: { source: 'auto' } });
    await until('all are in', async () => ((await doorAt(one)) as { active: number }).active === 3);
    expect(
      (
        await request(one)
          .post('/queues/none/admission')
          .set('Authorization', TOKEN)
          .send({ command: 'auto' })
      ).status,
    ).toBe(404);
  });

  it('has a command', async () => {
    const run = async (...args: string[]): Promise<string> =>
      (
        await promisify(execFile)(
          process.execPath,
          [join(__dirname, '../../dist/cli/queue.js'), '--url', at(urls, 0), '--queue', queueId, ...args],
          { env: { ...process.env, MANAGEMENT_TOKEN: TOKEN } },
        )
      ).stdout;
    expect(await run('rate', '7')).toContain('at most 7/s');
    expect(await run('pause')).toContain('PAUSED');
    expect(await run('status')).toContain(`${queueId}: `);
    await expect(run('limit')).rejects.toThrow('takes a number');
    await run('resume');
    expect(await run('auto')).toContain('set by auto');
    await expect(run('status', '--queue', 'nope')).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`There is no queue "nope": there are ${queueId}`) as string,
    });
  });
});

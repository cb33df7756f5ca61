import request from 'supertest';
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunningService } from '../../../src/service';
import { at } from '../../support/at';
import { uniqueQueueId } from '../../support/config';
import { Crowd } from '../../support/clients/crowd';
import { startTestService } from '../../support/service';
import { until } from '../../support/wait';

const TOKEN = createHash('sha256').update('a token of the tests').digest('hex');
const INVALID_COMMANDS = [
  {},
  { command: 'open' },
  { command: 'limit' },
  { command: 'limit', value: 0 },
  { command: 'pause', value: 1 },
];

describe('an operator override', () => {
  const queueId = uniqueQueueId();
  let services: (RunningService & { url: string })[];
  let urls: string[];

  beforeAll(async () => {
    const own = {
      QUEUE_ID: queueId,
      QUEUE_MAX_ACTIVE: 'auto',
      QUEUE_AUTO_MIN_ACTIVE: 5,
      QUEUE_AUTO_START_ACTIVE: 5,
      QUEUE_PRESENCE_TIMEOUT_SECONDS: 600, // the crowd polls once
    };
    const overrides = { ...own, MANAGEMENT_PORT: 0, MANAGEMENT_TOKEN: TOKEN };
    services = await Promise.all([startTestService(overrides), startTestService(overrides)]);
    urls = services.map(({ managementPort }) => `http://127.0.0.1:${managementPort ?? 0}`);
  });
  afterAll(() => Promise.all(services.map((service) => service.stop())));

  const command = (url: string, body: object, token = TOKEN): request.Test =>
    request(url).post(`/queues/${queueId}/admission`).set('Authorization', `Bearer ${token}`).send(body);
  const limitsAt = async (url: string): Promise<unknown> => {
    const answer = await request(url).get('/queues').set('Authorization', `Bearer ${TOKEN}`);
    return (answer.body as { data: unknown[] }).data[0];
  };

  it('is accepted with the management token and on the management port only', async () => {
    const [url = ''] = urls;
    expect((await request(url).get('/queues')).status).toBe(401);
    expect((await command(url, { command: 'pause' }, `${TOKEN}x`)).status).toBe(401);
    expect((await command(at(services, 0).url, { command: 'pause' })).status).toBe(404);
    expect(await limitsAt(url)).toMatchObject({ queueId, paused: false, source: 'auto' });
  });

  it('is refused to everybody without an operator key when there is no MANAGEMENT_TOKEN', async () => {
    const service = await startTestService({ MANAGEMENT_PORT: 0 });
    const url = service.managementUrl;
    for (const token of ['', TOKEN])
      expect((await request(url).get('/queues').set('Authorization', `Bearer ${token}`)).status).toBe(401);
    await service.stop();
  });

  it.each(INVALID_COMMANDS)('answers 400 to the invalid command %j', async (body) => {
    const answer = await command(at(urls, 0), body);
    expect([answer.status, answer.body]).toMatchObject([400, { exception: { code: '400' } }]);
  });

  it('set at one process applies to the other; nobody is admitted while the queue is paused', async () => {
    const [one = '', other = ''] = urls;
    expect((await command(one, { command: 'pause' })).body).toMatchObject({
      data: { paused: true, source: 'operator' },
    });
    await until(
      'the other process is paused',
      async () => ((await limitsAt(other)) as { paused: boolean }).paused,
    );
    const crowd = new Crowd(services);
    await crowd.come(3);
    expect(((await limitsAt(other)) as { active: number }).active).toBe(0);
    expect((await command(other, { command: 'limit', value: 2 })).body).toMatchObject({
      data: { activeLimit: 2 },
    });
    await command(one, { command: 'resume' });
    await until('two are active', async () => ((await limitsAt(other)) as { active: number }).active === 2);
    expect((await command(one, { command: 'auto' })).body).toMatchObject({ data: { source: 'auto' } });
    await until('all are active', async () => ((await limitsAt(one)) as { active: number }).active === 3);
    expect(
      (
        await request(one)
          .post('/queues/none/admission')
          .set('Authorization', TOKEN)
          .send({ command: 'auto' })
      ).status,
    ).toBe(404);
  });

  it('can be set with the queue command', async () => {
    const queueCommand = async (url: string, queue: string, args: string[]): Promise<string> =>
      (
        await promisify(execFile)(
          process.execPath,
          [join(__dirname, '../../../dist/cli/queue.js'), '--url', url, '--queue', queue, ...args],
          { env: { ...process.env, MANAGEMENT_TOKEN: TOKEN } },
        )
      ).stdout;
    const run = async (...args: string[]): Promise<string> => queueCommand(at(urls, 0), queueId, args);
    expect(await run('rate', '7')).toContain('at most 7/s');
    expect(await run('pause')).toContain('PAUSED');
    expect(await run('status')).toContain(`${queueId}: `);
    await expect(run('limit')).rejects.toThrow('takes a number');
    await run('resume');
    expect(await run('auto')).toContain('set by the controller');
    await expect(queueCommand(at(urls, 0), 'nope', ['status'])).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`There is no queue "nope": there are ${queueId}`) as string,
    });
    for (const [url, why] of [
      [`${at(urls, 0)}/elsewhere`, 'answered 404'],
      ['http://127.0.0.1:1', 'cannot be reached: bad port'],
    ])
      await expect(queueCommand(String(url), queueId, ['status'])).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringMatching(`${why}.*MANAGEMENT_PORT`) as string,
      });
  });
});

import fc from 'fast-check';
import { connectRedis, followRedis } from '../../src/platform/redis/redis';
import { createLogger } from '../../src/platform/observability/logger';
import { Scratch } from '../support/rows/scratch';
import { at } from '../support/at';
import { Buyer } from '../support/clients/buyer';
import { testConfig } from '../support/config';
import { Given } from '../support/rows/given';
import { ServiceProcess } from '../support/servers/process';
import { until } from '../support/wait';

const HOOK = { user: 'hook-user', password: 'hook-password-4711' };

/** A logger, and all that it has written. */
function listen(): { logger: ReturnType<typeof createLogger>; text: () => string } {
  let text = '';
  return {
    logger: createLogger('trace', 'all', { write: (line: string) => void (text += line) }),
    text: () => text,
  };
}

describe('secrets', () => {
  let scratch: Scratch; // the events of other tests' databases are other workers' as well
  beforeAll(async () => {
    scratch = await Scratch.migrated();
  });
  afterAll(() => scratch.drop());

  it('are neither in the log nor in the metrics of a day’s work, failures among it', async () => {
    const given = new Given(scratch.admin);
    const service = await new ServiceProcess({
      ...scratch.env,
      LOG_LEVEL: 'trace',
      QUEUE_MAX_ACTIVE: 1000,
      NOTIFIER_WEBHOOK_URL: `http://${HOOK.user}:${HOOK.password}@127.0.0.1:2/hook`,
      EVENT_DLQ_RETRY_DELAY_MS: 100,
      OUTBOX_POLL_MS: 50,
    }).start();
    const { id, seats } = await given.scheduleWithSeats(1, { amount: 10 });
    const buyer = await new Buyer(service.url, await given.user(100)).enter();
    const key = 'idempotency-key-0815';
    await buyer.charge(5, key);
    const ticket = await buyer.post('/v1/api/queue/events/ticket');
    await buyer.get(
      `/v1/api/queue/events?ticket=${(ticket.body as { data: { ticket: string } }).data.ticket}`,
    );
    await buyer.pay(await buyer.hold(id, at(seats, 0).id));
    await until('the webhook has failed', () => service.lines.some((line) => line.includes('event ')));
    const metrics = await (await fetch(`${service.managementUrl}/metrics`)).text();
    await service.stop();

    const config = testConfig();
    const secrets = [
      config.TOKEN_SECRET,
      new URL(config.DATABASE_URL).password,
      HOOK.password,
      key,
      buyer.token,
      buyer.token.split('.')[2],
      ticket.text.split('.')[2],
      Buffer.from(`${HOOK.user}:${HOOK.password}`).toString('base64'),
    ];
    const output = service.lines.join('\n') + metrics;
    expect(output).toContain('"route":"/v1/api/concerts/payment"');
    for (const secret of secrets) {
      expect(secret).toMatch(/.{8,}/);
      expect(output).not.toContain(secret);
    }
  });

  it('are not in what the log says of a Redis that refuses the password', async () => {
    const { logger, text } = listen();
    const url = new URL(testConfig().REDIS_URL);
    url.username = 'somebody';
    url.password = 'redis-password-4711';
    const redis = connectRedis(url.href, 60_000);
    await followRedis(redis, logger);
    await until('it was refused', () => text().includes('not reachable'));
    redis.disconnect();
    expect(text()).toMatch(/WRONGPASS/);
    expect(text()).not.toContain('redis-password');
  });

  it('are left out when they are attached to an error or its causes: only the description of the fault is logged', () => {
    // An assigned __proto__ would make it another thing than an error.
    const names = fc.string({ minLength: 1 }).filter((name) => name !== '__proto__');
    const extras = fc.dictionary(names, fc.anything(), { maxKeys: 4 });
    fc.assert(
      fc.property(extras, extras, (more, deeper) => {
        const { logger, text } = listen();
        const cause = Object.assign(new Error('the cause'), deeper, {
          command: { args: ['AUTH', 's3cret!'] },
        });
        const error = new Error('the fault', { cause });
        logger.warn({ err: Object.assign(error, { config: { password: 's3cret!' } }, { more }) }, 'failed');
        const line = JSON.parse(text()) as { err: { stack: string } };
        expect(line.err.stack).toContain('the cause');
        expect(text()).not.toContain('s3cret!');
      }),
    );
  });

  it('are censored by name when they are logged nevertheless', () => {
    const { logger, text } = listen();
    const named = { authorization: 's3cret!', token: 's3cret!', queueToken: 's3cret!', password: 's3cret!' };
    logger.info({ ...named, request: named }, 'a mistake');
    expect(text()).not.toContain('s3cret!');
    expect(text().match(/\[redacted\]/g)).toHaveLength(8);
  });
});

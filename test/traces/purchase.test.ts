import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DeliveryHistory } from '../../src/modules/webhooks/history';
import { EndpointRepository } from '../../src/modules/webhooks/repository';
import { WebhookSecrets } from '../../src/modules/webhooks/secrets';
import { AuditRepository } from '../../src/modules/organizer/audit/repository';
import { WebhookService } from '../../src/modules/webhooks/service';
import { at } from '../support/at';
import { Buyer } from '../support/clients/buyer';
import { testConfig } from '../support/config';
import { kafkaBrokers } from '../support/clients/kafka';
import { Bench } from '../support/rows/events';
import { Given } from '../support/rows/given';
import { ServiceProcess } from '../support/servers/process';
import { Scratch } from '../support/rows/scratch';
import { TraceCollector, type ReceivedSpan } from '../support/servers/trace-collector';
import { until } from '../support/wait';
import { WebhookReceiver } from '../support/servers/webhook-receiver';

const BY = { actor: { name: 'test', role: 'cli' } };

const PAYMENT = 'POST /v1/api/concerts/payment';
const HOLD = 'POST /v1/api/concerts/reserve';

/** Long enough not to be found by chance in a text with ids of random letters. */
const FIRST_USER = 987_654_321;
const PRICE = 765_432_109;

let scratch: Scratch; // its outbox is relayed by the services of this file alone
let collector: TraceCollector;
let stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  scratch = await Scratch.migrated();
  await scratch.admin.execute(`ALTER TABLE member AUTO_INCREMENT = ${FIRST_USER}`); // words-allow: member
});
beforeEach(async () => {
  collector = await new TraceCollector().open();
  stops.push(() => collector.close());
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  stops = [];
});
afterAll(() => scratch.drop());

async function service(more: Record<string, string | number> = {}): Promise<ServiceProcess> {
  const env = { ...scratch.env, ...collector.env, OUTBOX_POLL_MS: 20, QUEUE_MAX_ACTIVE: 100, ...more };
  const started = await new ServiceProcess(env).start();
  stops.push(() => started.stop());
  return started;
}

/** What delivers events of this prefix, in a process. */
function worker(prefix: string): void {
  const env = { ...scratch.env, ...collector.env, OUTBOX_POLL_MS: 20, OTEL_SERVICE_NAME: 'worker' };
  const named = Object.entries({
    ...env,
    ROLE: 'worker',
    LOG_LEVEL: 'silent',
    KAFKA_BROKERS: kafkaBrokers(),
  });
  const child = spawn(process.execPath, [join(__dirname, '../support/traced-worker.cjs'), prefix], {
    env: { ...process.env, ...Object.fromEntries(named.map(([name, value]) => [name, String(value)])) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  stops.push(async () => {
    child.kill();
    await ended;
  });
}

async function receiver(): Promise<WebhookReceiver> {
  const one = await new WebhookReceiver().open();
  stops.push(() => one.close());
  return one;
}

/** A seat is held and paid. @returns the answers' spans */
async function buy(url: string): Promise<{ hold: ReceivedSpan; payment: ReceivedSpan; buyer: Buyer }> {
  const given = new Given(scratch.admin);
  const { id, seats } = await given.scheduleWithSeats(1, { amount: PRICE });
  const buyer = await new Buyer(url, await given.user(PRICE)).enter();
  const reservationId = await buyer.hold(id, at(seats, 0).id);
  expect((await buyer.pay(reservationId)).status).toBe(200);
  return { hold: await collector.span(HOLD), payment: await collector.span(PAYMENT), buyer };
}

describe('the trace of a purchase', () => {
  it('leads from the request through Redis and MariaDB to the notification, in one process', async () => {
    const notified = await receiver();
    const { url } = await service({ NOTIFIER_WEBHOOK_URL: notified.url });
    const { hold, payment } = await buy(url);

    const isOf =
      ({ traceId }: ReceivedSpan) =>
      (span: ReceivedSpan): boolean =>
        span.traceId === traceId;
    const notify = await collector.span('notify', isOf(payment));
    await collector.span('process payment-notification', isOf(payment));
    expect(collector.wayUp(notify)).toEqual([
      'notify',
      'transaction',
      'process payment-notification',
      PAYMENT,
    ]);
    const append = await collector.span('INSERT outbox', isOf(payment));
    expect(collector.wayUp(append)).toEqual(['INSERT outbox', 'transaction', 'payment batch', PAYMENT]);
    const resolve = await collector.span('script resolve', isOf(hold));
    expect(collector.wayUp(resolve)).toEqual(['script resolve', 'resolve batch', HOLD]);
    const end = await collector.span('script end-session', isOf(payment));
    expect(collector.wayUp(end)).toEqual(['script end-session', 'end-session batch', PAYMENT]);
    const commit = await collector.span('COMMIT', isOf(payment));
    expect(commit.attributes['db.system.name']).toBe('mariadb');
    expect(hold.traceId).not.toBe(payment.traceId);

    expect(payment).toMatchObject({ service: 'concert-reservation', isError: false, parentSpanId: '' });
    expect(payment.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/api/concerts/payment',
      'http.response.status_code': 200,
    });
    const calls = notified.calls.map(({ headers }) => headers.traceparent);
    expect(calls).toContain(`00-${notify.traceId}-${notify.spanId}-01`);
  });

  it('goes on in another process behind Kafka', async () => {
    const { url } = await service({ ROLE: 'api' });
    const bench = new Bench(kafkaBrokers());
    stops.push(() => bench.close());
    const { payment } = await buy(url);
    await scratch.admin.execute('UPDATE outbox SET topic = CONCAT(?, topic) WHERE delivered_at IS NULL', [
      bench.prefix,
    ]);
    worker(bench.prefix);

    const topic = `${bench.prefix}payment-notification`;
    const handled = await collector.span(`process ${topic}`, ({ traceId }) => traceId === payment.traceId);
    const sent = await collector.span(`send ${topic}`, ({ traceId }) => traceId === payment.traceId);
    expect(collector.wayUp(handled)).toEqual([handled.name, sent.name, PAYMENT]);
    expect([payment.service, sent.service, handled.service]).toEqual([
      'concert-reservation',
      'worker',
      'worker',
    ]);
    const insert = await collector.span('INSERT notification', ({ traceId }) => traceId === payment.traceId);
    expect(collector.wayUp(insert)).toEqual([insert.name, 'transaction', handled.name, sent.name, PAYMENT]);
    const messages = await bench.collect('payment-notification');
    const message = await until('read', () => messages[0]);
    expect(message.headers.traceparent).toBe(`00-${sent.traceId}-${sent.spanId}-01`);
  });

  it('reaches the receivers of webhooks', async () => {
    const hook = await receiver();
    const config = testConfig({ WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' });
    const secrets = new WebhookSecrets(config);
    const webhooks = new WebhookService(
      scratch.app,
      new EndpointRepository(),
      new DeliveryHistory(scratch.app),
      secrets,
      new AuditRepository(scratch.app),
      config,
    );
    const { id } = await webhooks.add(BY, hook.url);
    stops.push(() => webhooks.remove(BY, id));
    const { url } = await service({ WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' });
    const { payment } = await buy(url);
    const call = await collector.span('call webhook', ({ traceId }) => traceId === payment.traceId);
    expect(collector.wayUp(call)).toEqual(['call webhook', PAYMENT]);
    expect(call.attributes['http.response.status_code']).toBe(204);
    const headers = hook.calls.map((each) => each.headers.traceparent);
    expect(headers).toContain(`00-${call.traceId}-${call.spanId}-01`);
  });

  it('holds no token, no amount, no name and no number of a user', async () => {
    const { url } = await service();
    const { payment, buyer } = await buy(url);
    await collector.span('process payment-notification', ({ traceId }) => traceId === payment.traceId);
    const allowed = [
      'http.request.method',
      'http.route',
      'http.response.status_code',
      'concert.request_id',
      'concert.batch.size',
      'db.system.name',
      'db.operation.name',
      'db.query.summary',
      'db.query.text',
      'db.stored_procedure.name',
      'messaging.operation.type',
      'messaging.operation.name',
      'messaging.destination.name',
      'messaging.message.id',
      'error.type',
    ];
    const keys = new Set(collector.spans.flatMap(({ attributes }) => Object.keys(attributes)));
    expect([...keys].filter((key) => !allowed.includes(key))).toEqual([]);
    const texts = JSON.stringify(collector.spans);
    expect(texts).not.toContain(buyer.token);
    expect(texts).not.toContain(String(PRICE));
    const statements = collector.spans.flatMap(({ attributes }) => attributes['db.query.text'] ?? []);
    expect(statements.length).toBeGreaterThan(5);
    expect(buyer.userId).toBeGreaterThanOrEqual(FIRST_USER);
    expect(texts).not.toContain(String(buyer.userId));
  });
});

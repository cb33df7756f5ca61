import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import pino from 'pino';
import { LogNotifier, type Notification, WebhookNotifier } from '../../src/modules/notifications/notifier';
import { Bench } from '../support/rows/events';
import { LocalServer, readBody } from '../support/servers/local-server';
import { until } from '../support/wait';

interface Call {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Where an answer is meant to come, also on a machine that stands still for a while. */
const PATIENCE_MS = 60_000;
const calls: Call[] = [];
let answer: (response: ServerResponse) => void;
const server = new LocalServer((request, response) =>
  readBody(request, (body) => {
    calls.push({ method: request.method, url: request.url, headers: request.headers, body });
    answer(response);
  }),
);

beforeAll(() => server.open());
beforeEach(() => {
  calls.length = 0;
  answer = (response) => response.writeHead(204).end();
});
afterAll(() => server.close());

const notification = (): Notification => ({
  eventId: randomUUID(),
  topic: 'payment-notification',
  userId: 7,
  reservationId: 8,
  message: 'Your payment … “Title” is complete.',
});

describe('WebhookNotifier', () => {
  test('posts the notification as JSON, with the event id as Idempotency-Key', async () => {
    const it = notification();
    await new WebhookNotifier(`${server.origin}/hook?a=1`, PATIENCE_MS).notify(it);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      method: 'POST',
      url: '/hook?a=1',
      headers: { 'content-type': 'application/json', 'idempotency-key': it.eventId },
    });
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual(it);
  });

  test('credentials of the URL are sent as basic authentication', async () => {
    await new WebhookNotifier(server.origin.replace('//', '//me:p%40ss@'), PATIENCE_MS).notify(
      notification(),
    );
    const basic = Buffer.from('me:p@ss').toString('base64');
    expect(calls[0]?.headers.authorization).toBe(`Basic ${basic}`);
  });

  test.each([400, 404, 429, 500, 503])('%d is a failure', async (status) => {
    answer = (response) => response.writeHead(status).end('why');
    await expect(new WebhookNotifier(server.origin, PATIENCE_MS).notify(notification())).rejects.toThrow(
      `answered ${status}`,
    );
  });

  test('a redirect is a failure and not followed', async () => {
    answer = (response) => response.writeHead(307, { location: `${server.origin}/elsewhere` }).end();
    await expect(new WebhookNotifier(server.origin, PATIENCE_MS).notify(notification())).rejects.toThrow();
    expect(calls).toHaveLength(1);
  });

  test('an endless body is not waited for', async () => {
    let closed = false;
    answer = (response) => {
      response.writeHead(200).write('x'.repeat(100_000));
      response.on('close', () => (closed = true));
    };
    await new WebhookNotifier(server.origin, PATIENCE_MS).notify(notification());
    await until('let go', () => closed);
  });

  test('no answer in time is a failure', async () => {
    answer = () => undefined;
    await expect(new WebhookNotifier(server.origin, 150).notify(notification())).rejects.toThrow(/timeout/);
  });

  test('nobody there is a failure', async () => {
    await expect(
      new WebhookNotifier('http://127.0.0.1:9/', PATIENCE_MS).notify(notification()),
    ).rejects.toThrow();
  });
});

describe('a worker with a webhook', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });
  afterEach(() => bench.close());

  test('tries again with the same key until the webhook is well', async () => {
    let failures = 2;
    answer = (response) => response.writeHead(failures-- > 0 ? 500 : 200).end();
    await bench.worker({}, { notifier: new WebhookNotifier(server.origin, PATIENCE_MS) });
    const event = await bench.emit();
    await until('delivered', async () => (await bench.outbox(event)).delivered === 1);
    expect(calls.map(({ headers }) => headers['idempotency-key'])).toEqual([event, event, event]);
  });

  test('a webhook slower than a transaction may last fails the try, not the database', async () => {
    answer = () => undefined;
    await bench.worker(
      { DATABASE_TIMEOUT_MS: 1_000, EVENT_DLQ_RETRY_DELAY_MS: 60_000 },
      { notifier: new WebhookNotifier(server.origin, PATIENCE_MS) },
    );
    const event = await bench.emit();
    await until('postponed', async () => (await bench.outbox(event)).postponed === 1);
    await expect(bench.outbox(event)).resolves.toMatchObject({
      attempts: 3,
      lastError: 'the notifier took longer than 800 ms',
    });
  });
});

test('LogNotifier writes one line at info', async () => {
  const lines: unknown[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const it = notification();
  await new LogNotifier(logger).notify(it);
  expect(lines).toEqual([expect.objectContaining({ level: 30, notification: it })]);
});

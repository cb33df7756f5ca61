import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { WebhookSender } from '../../src/modules/webhooks/delivery/sender';
import { newSecret } from '../../src/modules/webhooks/signature';
import { testConfig } from '../support/config';
import { freePort } from '../../scripts/lib/ports';
import { until } from '../support/wait';
import { isGenuine, WebhookReceiver } from '../support/servers/webhook-receiver';

const LOCAL = { WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8', WEBHOOK_TIMEOUT_MS: 60_000 };
const sender = (more: Record<string, string | number> = {}): WebhookSender =>
  new WebhookSender(testConfig({ ...LOCAL, ...more }));

let receiver: WebhookReceiver;
const secret = newSecret();
const call = (url = receiver.url): Parameters<WebhookSender['send']>[0] => ({
  url,
  id: 'event-1',
  timestamp: Math.floor(Date.now() / 1000),
  body: '{"type":"x","timestamp":"","data":{"title":"콘서트 🎫"}}',
  secrets: [secret],
});

beforeEach(async () => {
  receiver = await new WebhookReceiver().open();
});
afterEach(() => receiver.close());

describe('a call of a webhook', () => {
  it('is a signed POST of JSON', async () => {
    expect(await sender().send(call())).toMatchObject({ status: 204 });
    const [received] = receiver.calls;
    expect(received).toMatchObject({ id: 'event-1', body: call().body });
    expect(received?.headers['content-type']).toBe('application/json');
    expect(received && isGenuine(received, secret)).toBe(true);
  });

  it.each([301, 302, 307, 400, 404, 410, 429, 500, 503])('has failed with %d', async (status) => {
    receiver.answer = (_req, res) => res.writeHead(status, { location: receiver.url }).end('why');
    expect(await sender().send(call())).toMatchObject({ status, error: `it answered ${status}` });
    expect(receiver.calls).toHaveLength(1); // redirects are not followed
  });

  it('tells how long the receiver wants to be left alone', async () => {
    receiver.answer = (_req, res) => res.writeHead(429, { 'retry-after': '17' }).end();
    expect(await sender().send(call())).toMatchObject({ retryAfterS: 17 });
    receiver.answer = (_req, res) => res.writeHead(503, { 'retry-after': 'tomorrow' }).end();
    expect(await sender().send(call())).not.toHaveProperty('retryAfterS');
  });

  it('does not read the answer: an endless one is let go', async () => {
    let isClosed = false;
    receiver.answer = (_req, res) => {
      res.writeHead(200);
      const more = (): void => {
        while (res.write('x'.repeat(10_000)));
        res.once('drain', more);
      };
      more();
      res.once('close', () => (isClosed = true));
    };
    expect(await sender().send(call())).toMatchObject({ status: 200 });
    await until('let go', () => isClosed);
  });

  it.each<[string, WebhookReceiver['answer']]>([
    ['no answer', () => undefined],
    ['a trickle of a header', (_req, res) => res.socket?.write('HTTP/1.1 200 OK\r\nX: ')],
  ])('ends in time with %s', async (_what, answer) => {
    receiver.answer = answer;
    expect(await sender({ WEBHOOK_TIMEOUT_MS: 200 }).send(call())).toMatchObject({
      error: 'no answer within 200 ms',
    });
  });

  it('ends when the worker stops', async () => {
    receiver.answer = () => undefined;
    const stopping = new AbortController();
    const result = sender().send(call(), stopping.signal);
    await until('called', () => receiver.calls.length === 1);
    stopping.abort();
    expect(await result).toMatchObject({ error: 'the worker stops' });
  });

  it('fails at a closed port and at a server that speaks no HTTP', async () => {
    expect((await sender().send(call(`http://127.0.0.1:${await freePort()}/`))).error).toMatch(
      /ECONNREFUSED/,
    );
    const noise = createServer((socket) => socket.resume().end('\0\0\0not http'.repeat(10)));
    await new Promise<void>((resolve) => noise.listen(0, '127.0.0.1', resolve));
    const { port } = noise.address() as AddressInfo;
    expect((await sender().send(call(`http://127.0.0.1:${port}/`))).error).toMatch(/[Pp]arse/);
    await new Promise((resolve) => noise.close(resolve));
  });
});

describe('a call to where none may go', () => {
  it.each([
    'http://127.0.0.1',
    'https://127.0.0.1',
    'https://localhost',
    'http://localhost',
    'https://[::1]',
  ])('is not made to %s', async (origin) => {
    const { port } = new URL(receiver.url);
    const result = await sender({ WEBHOOK_ALLOWED_NETWORKS: '' }).send(call(`${origin}:${port}/`));
    expect(result.error).toMatch(/no public address|it must be https/);
    expect(receiver.calls).toEqual([]);
  });

  it('is made to a name in a configured network', async () => {
    const { port } = new URL(receiver.url);
    const result = await sender({ WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128' }).send(
      call(`http://localhost:${port}/`),
    );
    expect(result.status).toBe(204);
  });
});

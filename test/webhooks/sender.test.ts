import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { EndpointLane, type LaneParts } from '../../src/modules/webhooks/delivery/lane';
import type { DueDelivery } from '../../src/modules/webhooks/delivery/repository';
import { WebhookSender } from '../../src/modules/webhooks/delivery/sender';
import { WebhookMetrics } from '../../src/modules/webhooks/metrics';
import { newSecret } from '../../src/modules/webhooks/signature';
import { createLogger } from '../../src/platform/observability/logger';
import { Metrics } from '../../src/platform/observability/metrics';
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
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    for (const [text, retryAfterS] of [
      ['17', 17],
      ['Sun, 06 Nov 1994 08:51:07 GMT', 90],
      ['Sunday, 06-Nov-94 08:51:07 GMT', 90],
      ['Sun, 06 Nov 1994 08:49:30 GMT', undefined],
      ['tomorrow', undefined],
      ['0x10', undefined],
      ['2030', 2030],
      ['1e3', undefined],
    ] as const) {
      receiver.answer = (_req, res) => res.writeHead(503, { 'retry-after': text, date }).end();
      expect([text, (await sender().send(call())).retryAfterS]).toEqual([text, retryAfterS]);
    }
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
    expect(await sender().send(call(), stopping.signal)).toMatchObject({ error: 'the worker stops' });
    expect(receiver.calls).toHaveLength(1);
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

const deliveryOf = (id: number): DueDelivery => ({
  id,
  eventId: `event-${id}`,
  outboxId: id,
  topic: 'reservation-made',
  partitionKey: String(id),
  payload: '{}',
  traceparent: null,
  occurredAt: new Date(),
  attempts: 0,
  url: receiver.url,
  secret,
  previousSecret: null,
  failures: 0,
  nowS: 0,
});

describe('a failed call', () => {
  /** A lane with one delivery that fails. @returns how many failures it has recorded when it has looked for more */
  async function failuresOf(isLeaseLost: boolean): Promise<number> {
    let [isHeld, failures, turnsAfter] = [true, 0, 0];
    receiver.answer = (_req, res) => {
      isHeld = !isLeaseLost;
      res.writeHead(500).end();
    };
    const delivery = deliveryOf(1);
    const parts = {
      lease: {
        hold: () => {
          if (receiver.calls.length > 0) turnsAfter++;
          return Promise.resolve(isHeld);
        },
        release: () => Promise.resolve(),
      },
      deliveries: {
        due: () => Promise.resolve(receiver.calls.length === 0 ? [delivery] : []),
        recordFailure: () => Promise.resolve(failures++),
        disableIfHopeless: () => Promise.resolve(false),
      },
      secrets: { open: (stored: string) => stored },
      sender: sender(),
      metrics: new WebhookMetrics(new Metrics()),
      logger: createLogger('silent', 'test'),
    };
    const options = { endpointId: 1, pollMs: 1, disableAfterHours: 1 };
    const lane = new EndpointLane(options, parts as unknown as LaneParts);
    lane.start();
    await until('it has looked for more', () => turnsAfter > 8); // the first turn asks for itself and for each of its calls
    await lane.stop();
    return failures;
  }

  it('is recorded', async () => expect(await failuresOf(false)).toBe(1));

  it('is not recorded by a worker whose lease has passed to another one, which makes the call itself', async () =>
    expect(await failuresOf(true)).toBe(0));
});

describe('a call whose outcome cannot be recorded', () => {
  it('lets the calls beside it end before any is made again, and before the lane has stopped', async () => {
    const sent: string[] = [];
    let [isUnderWay, isRefused] = [false, false];
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const send: WebhookSender['send'] = async ({ id }, signal) => {
      sent.push(id);
      if (id === 'event-1') {
        await begun;
        return { status: 204, durationMs: 1 };
      }
      isUnderWay = true;
      begin();
      await new Promise((resolve) => signal?.addEventListener('abort', () => setImmediate(resolve)));
      isUnderWay = false;
      return { error: 'it was ended', durationMs: 1 };
    };
    const parts = {
      lease: { hold: () => Promise.resolve(true), release: () => Promise.resolve() },
      deliveries: {
        due: () => Promise.resolve([deliveryOf(1), deliveryOf(2)]),
        recordSuccess: () => {
          isRefused = true;
          return Promise.reject(new Error('The database is away.'));
        },
      },
      secrets: { open: (stored: string) => stored },
      sender: { send },
      metrics: new WebhookMetrics(new Metrics()),
      logger: createLogger('silent', 'test'),
    };
    const options = { endpointId: 1, pollMs: 1, disableAfterHours: 1 };
    const lane = new EndpointLane(options, parts as unknown as LaneParts);
    lane.start();
    await until('the outcome is refused', () => isRefused);
    await lane.stop();
    expect([sent.sort(), isUnderWay]).toEqual([['event-1', 'event-2'], false]);
  });
});

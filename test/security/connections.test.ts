import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import request from 'supertest';
import { HttpMetrics } from '../../src/http/metrics';
import { Buyer, outcome } from '../support/clients/buyer';
import { Given, openAdminDatabase } from '../support/rows/given';
import { ServiceProcess } from '../support/servers/process';
import { useService } from '../support/suite';
import { until } from '../support/wait';

/** A client that speaks as it likes. */
class Raw {
  heard = '';
  isClosed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (part: Buffer) => (this.heard += part.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  static async to({ url }: { url: string }): Promise<Raw> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    return new Raw(socket);
  }

  say(text: string): this {
    this.socket.write(text);
    return this;
  }

  async ended(): Promise<string> {
    await until('the connection has ended', () => this.isClosed);
    return this.heard.split('\r\n')[0] ?? '';
  }
}

const POST = 'POST /v1/api/queue/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

describe('a client that sends slowly', () => {
  const app = useService({ HTTP_REQUEST_TIMEOUT_MS: 1000 });

  it('a connection that says nothing is closed', async () => {
    await (await Raw.to(app)).ended();
  });

  it('headers that never end get 408, however steadily they trickle', async () => {
    const raw = (await Raw.to(app)).say(POST);
    const drip = setInterval(() => raw.say('X-Drip: 1\r\n'), 200);
    expect(await raw.ended()).toBe('HTTP/1.1 408 Request Timeout');
    clearInterval(drip);
    expect(raw.heard).toContain('"code":"400"');
  });

  it('a body that never ends is cut off and leaves nothing in flight', async () => {
    const raw = (await Raw.to(app)).say(`${POST}Content-Length: 1000\r\n\r\n`);
    const drip = setInterval(() => raw.say(' '), 200);
    await raw.ended();
    clearInterval(drip);
    const metrics = app.service.container.resolve(HttpMetrics);
    await until('nothing is in flight', () => metrics.requestsInFlight === 0);
  });
});

describe('a server whose clients have the usual time', () => {
  const app = useService({ LOAD_SHEDDING_MAX_DELAY_MS: 100 });

  it('takes a request of two lengths for none', async () => {
    const raw = (await Raw.to(app)).say(
      `${POST}Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    expect(await raw.ended()).toBe('HTTP/1.1 400 Bad Request');
    expect(raw.heard.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('serves others beside slow uploads, which are no overload', async () => {
    const slow = await Promise.all(Array.from({ length: 150 }, () => Raw.to(app)));
    for (const raw of slow) raw.say(`${POST}Content-Length: 1000\r\n\r\n{`);
    const outcomes: string[] = [];
    for (let i = 0; i < 20; i++) outcomes.push(outcome(await (await app.buyer()).charge(1)));
    expect(new Set(outcomes)).toEqual(new Set(['200']));
    for (const { socket } of slow) socket.destroy();
  });
});

describe('a client that reads slowly', () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  let service: ServiceProcess; // a separate process, because its client must not share its event loop
  beforeAll(async () => {
    service = await new ServiceProcess({ HTTP_SOCKET_TIMEOUT_MS: 1000, QUEUE_MAX_ACTIVE: 10 }).start();
  });
  afterAll(async () => {
    await service.stop();
    await admin.close();
  });

  // By a connection each, as one that is kept may be closed by the time it is used again.
  const answered = async (): Promise<number> => {
    const { text } = await request(service.url).get('/metrics');
    return Number(/^http_request_duration_seconds_count\{.*concerts\/seat.* (\d+)$/m.exec(text)?.[1] ?? 0);
  };

  it('gets a bounded number of buffered answers, is disconnected when it reads nothing, and does not disturb others', async () => {
    const { id } = await given.scheduleWithSeats(1000);
    const { token } = await new Buyer(service.url, await given.user()).enter();
    const asked = 20_000; // of some 60 kB each
    const raw = await Raw.to(service);
    raw.socket.pause();
    raw.say(
      `GET /v1/api/concerts/seat?scheduleId=${id} HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\n\r\n`.repeat(
        asked,
      ),
    );
    await until('some are answered', async () => (await answered()) > 0);
    expect((await request(service.url).get('/health/live')).status).toBe(200);
    // Who does not read learns of the end by writing.
    await until('it was cut off', () => raw.say('\r\n').isClosed);
    expect(await answered()).toBeLessThan(asked / 4);
  });
});

describe('HTTP_MAX_CONNECTIONS', () => {
  const app = useService({ HTTP_MAX_CONNECTIONS: 20 });

  it('closes what is beyond it at once, counts that, and serves those who are connected', async () => {
    const first = await Raw.to(app);
    const others = await Promise.all(Array.from({ length: 60 }, () => Raw.to(app)));
    const metrics = app.service.container.resolve(HttpMetrics);
    await until('the others are closed', () => others.filter(({ isClosed }) => isClosed).length >= 40);
    expect((await metrics.connectionsDropped.get()).values[0]?.value).toBeGreaterThanOrEqual(40);
    first.say('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('an answer', () => first.heard.startsWith('HTTP/1.1 200'));
    for (const { socket } of [first, ...others]) socket.destroy();
  });
});

import { connect } from 'node:net';
import { createSigner } from 'fast-jwt';
import request from 'supertest';
import { QueueStreams } from '../../../src/modules/waiting-room/streams/streams';
import { TokenCodec } from '../../../src/modules/waiting-room/tokens/token';
import { WaitingRoomRegistry } from '../../../src/modules/waiting-room/registry';
import { at } from '../../support/at';
import { Buyer, outcome } from '../../support/clients/buyer';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { Listener } from '../../support/clients/listener';
import { ServiceProcess } from '../../support/servers/process';
import { useService, type Suite } from '../../support/suite';
import { until, wait } from '../../support/wait';

const EVENTS = '/v1/api/queue/events';
const secret = process.env.TOKEN_SECRET ?? '';
const codec = new TokenCodec(secret);

const listen = (url: string, { token }: Buyer, headers: Record<string, string> = {}): Promise<Listener> =>
  new Listener().open(url + EVENTS, { Authorization: token, ...headers });

const withTicket = (url: string, query: string): Promise<Listener> =>
  new Listener().open(`${url}${EVENTS}?${query}`);

async function ticketOf(buyer: Buyer): Promise<string> {
  const answer = await buyer.post(`${EVENTS}/ticket`);
  expect(answer.body).toMatchObject({ resultType: 'SUCCESS', data: { expiresInSeconds: 60 } });
  return (answer.body as { data: { ticket: string } }).data.ticket;
}

/** Pays for a seat, so that the place goes to the next. */
async function payAndGo({ given }: Suite, buyer: Buyer): Promise<void> {
  const { id, seats } = await given.scheduleWithSeats(1, { amount: 1 });
  const paid = await buyer.pay(await buyer.hold(id, at(seats, 0).id));
  expect(outcome(paid)).toBe('200');
}

async function metric(url: string, series: string): Promise<number> {
  const { text } = await request(url).get('/metrics');
  const line = text.split('\n').find((it) => it.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? NaN);
}

describe('the events of the waiting room', () => {
  const app = useService({ QUEUE_MAX_ACTIVE: 1, QUEUE_IDLE_TIMEOUT_SECONDS: 0 });
  let inside: Buyer;
  let waiter: Buyer;
  beforeAll(async () => {
    inside = await app.buyer(1);
    waiter = await app.buyer();
  });

  it('begin with the position at once, to a token sent raw or as Bearer', async () => {
    for (const token of [waiter.token, `Bearer ${waiter.token}`]) {
      const stream = await new Listener().open(app.url + EVENTS, { Authorization: token });
      expect(stream.status).toBe(200);
      expect(stream.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'x-accel-buffering': 'no',
      });
      expect(stream.headers['cache-control']).toContain('no-store');
      const first = await stream.hears('position 1');
      const { data } = (await waiter.check()).body as { data: object };
      expect(Object.keys(first.data)).toEqual(Object.keys(data));
      expect(first.data).toMatchObject({ status: 'WAITING' });
      stream.close();
    }
  });

  it('give each client a different reconnection delay', async () => {
    const streams = await Promise.all(Array.from({ length: 4 }, () => listen(app.url, waiter)));
    for (const stream of streams) await stream.hears('position');
    const moments = streams.map(({ retryMs }) => retryMs);
    expect(Math.min(...moments)).toBeGreaterThanOrEqual(2000);
    expect(Math.max(...moments)).toBeLessThan(5000);
    expect(new Set(moments).size).toBeGreaterThan(1);
    for (const stream of streams) stream.close();
  });

  it('begin with a ticket in the URL, which is good for 60 s', async () => {
    const { snapshot } = app.service.container.resolve(WaitingRoomRegistry).main;
    const nowMs = Math.floor(snapshot.nowMs);
    const clock = jest.spyOn(snapshot, 'nowMs', 'get').mockReturnValue(nowMs);
    const ticket = await ticketOf(waiter);
    clock.mockReturnValue(nowMs + 59_999);
    const stream = await withTicket(app.url, `ticket=${ticket}`);
    clock.mockReturnValue(nowMs + 60_001);
    const late = await withTicket(app.url, `ticket=${ticket}`);
    clock.mockRestore();
    await stream.hears('position 1');
    stream.close();
    expect(late.status).toBe(401);
  });

  it('refuse a ticket that is missing, forged or has expired', async () => {
    const claims = codec.read(waiter.token);
    const { nowMs } = app.service.container.resolve(WaitingRoomRegistry).main.snapshot;
    const laterMs = nowMs + 3_600_000;
    const genuine = await ticketOf(waiter);
    const payload = JSON.parse(Buffer.from(genuine.split('.')[1] ?? '', 'base64url').toString()) as object;
    const sign = createSigner({ key: secret, algorithm: 'HS256' });
    const refused: Record<string, string> = {
      missing: '',
      empty: 'ticket=',
      garbage: 'ticket=garbage',
      truncated: `ticket=${genuine.slice(0, -3)}`,
      oversized: `ticket=${genuine}${'x'.repeat(2000)}`,
      expired: `ticket=${codec.signStreamToken(claims, nowMs - 60_000)}`,
      'foreign secret': `ticket=${new TokenCodec('x'.repeat(48)).signStreamToken(claims, laterMs)}`,
      'other purpose': `ticket=${sign({ ...payload, purpose: 'payment' })}`,
      'no claims': `ticket=${sign({ purpose: 'queue-events', untilMs: laterMs })}`,
    };
    const outcomes: Record<string, number> = {};
    for (const [name, query] of Object.entries(refused))
      outcomes[name] = (await withTicket(app.url, query)).status;
    expect(outcomes).toEqual(Object.fromEntries(Object.keys(refused).map((name) => [name, 401])));
    expect((await withTicket(app.url, `ticket=${genuine}&ticket=${genuine}`)).status).toBe(400); // as any parameter
    const foreign = codec.signStreamToken({ ...claims, queueId: 'another-queue' }, laterMs);
    expect((await withTicket(app.url, `ticket=${foreign}`)).status).toBe(403);
  });

  it('take no queue token as a ticket, and nothing takes a ticket as a queue token', async () => {
    expect((await withTicket(app.url, `ticket=${inside.token}`)).status).toBe(401);
    const impostor = new Buyer(app.url, inside.userId);
    impostor.token = await ticketOf(inside);
    expect(outcome(await impostor.check())).toBe('401 401');
    expect(outcome(await impostor.amount())).toBe('401 401');
    expect(outcome(await impostor.post(`${EVENTS}/ticket`))).toBe('401 401');
    expect((await listen(app.url, impostor)).status).toBe(401);
    const byQuery = await request(app.url).get(`/v1/api/user/amount?ticket=${impostor.token}`);
    expect(outcome(byQuery)).toBe('401 401');
  });

  it('resume after a cut with the current position', async () => {
    const before = await listen(app.url, waiter);
    const { id } = await before.hears('position 1');
    before.close();
    const after = await listen(app.url, waiter, { 'Last-Event-ID': id });
    expect(await after.hears('position 1')).toMatchObject({ id });
    after.close();
  });

  it('answer HEAD without beginning a stream', async () => {
    await until('all streams closed', async () => (await metric(app.url, 'concert_queue_streams')) === 0);
    const answer = await request(app.url).head(EVENTS).set('Authorization', waiter.token);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream']);
    expect(await metric(app.url, 'concert_queue_streams')).toBe(0);
  });

  it('end the oldest of five streams of one entry', async () => {
    const streams: Listener[] = [];
    for (let i = 0; i < 5; i++) {
      const stream = await listen(app.url, waiter);
      await stream.hears('position');
      streams.push(stream);
    }
    await at(streams, 0).end();
    expect(streams.map(({ ended }) => ended)).toEqual([true, false, false, false, false]);
    for (const stream of streams) stream.close();
  });

  it('cut a client that does not read, and count it', async () => {
    const open = await app.service.container.resolve(QueueStreams).open(codec.read(waiter.token));
    const fate = { dropped: false, sent: 0, close: (): void => undefined };
    open({
      lastEventId: undefined,
      unsentBytes: 20_000,
      open: (_retryMs, onClose) => {
        fate.close = onClose;
        return true;
      },
      send: () => fate.sent++,
      beat: () => fate.sent++,
      end: () => undefined,
      drop: () => {
        fate.dropped = true;
        fate.close();
      },
      decline: () => undefined,
    });
    await until('the slow reader is cut', () => fate.dropped);
    expect(fate.sent).toBe(1);
    expect(await metric(app.url, 'concert_queue_streams_dropped_total')).toBe(1);
  });

  it('forget a client that disconnects while its entry is resolved', async () => {
    const room = app.service.container.resolve(WaitingRoomRegistry).main;
    const look = jest.spyOn(room, 'poll').mockReturnValue(undefined); // the store is asked
    const settle = room.entries.resolve.bind(room.entries);
    const slowly = jest.spyOn(room.entries, 'resolve').mockImplementation(async (place) => {
      await wait(100);
      return settle(place);
    });
    for (let i = 0; i < 5; i++) {
      const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
      socket.write(`GET ${EVENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: ${waiter.token}\r\n\r\n`);
      await until('the look-up', () => slowly.mock.calls.length > i);
      socket.resetAndDestroy();
    }
    await Promise.all(slowly.mock.results.map(({ value }) => value as Promise<unknown>));
    look.mockRestore();
    slowly.mockRestore();
    await until('no stream left', async () => (await metric(app.url, 'concert_queue_streams')) === 0);
  });
});

describe('a stream of a waiting user', () => {
  const app = useService({ QUEUE_MAX_ACTIVE: 1 });

  it('reports each position, then the admission, and ends', async () => {
    const [a, b, c, d] = [await app.buyer(1), await app.buyer(1), await app.buyer(1), await app.buyer(1)];
    const stream = await listen(app.url, d);
    await stream.hears('position 3');
    await payAndGo(app, a);
    await stream.hears('position 2');
    await payAndGo(app, b);
    await stream.hears('position 1');
    await payAndGo(app, c);
    const admitted = await stream.hears('admitted');
    expect(admitted.data).toEqual({
      queuePosition: 0,
      status: 'PROGRESS',
      etaSeconds: 0,
      pollAfterMs: 0,
      seq: expect.any(Number) as number,
      queueState: expect.any(String) as string, // by what other tests sell: concerts without a queue are the main one's
      opensAt: null,
      chance: null,
    });
    await stream.end();
    expect(stream.story).toEqual(['position 3', 'position 2', 'position 1', 'admitted 0']);
    expect(new Set(stream.heard.map(({ id }) => id)).size).toBe(4);
    expect(outcome(await d.schedules())).toBe('200');
    expect(await metric(app.url, 'concert_queue_stream_events_total{event="position"}')).toBe(3);
    expect(await metric(app.url, 'concert_queue_stream_events_total{event="admitted"}')).toBe(1);

    const again = await listen(app.url, d, { 'Last-Event-ID': at(stream.heard, 2).id });
    await again.end();
    expect(again.story).toEqual(['admitted 0']);
    const closed = await listen(app.url, d, { 'Last-Event-ID': admitted.id });
    expect(closed.status).toBe(204); // an EventSource does not come back

    await payAndGo(app, d);
    const done = await listen(app.url, d, { 'Last-Event-ID': admitted.id });
    await done.end();
    expect(done.story).toEqual(['done 0']);
  });
});

describe('a stream of a service with a short HTTP_REQUEST_TIMEOUT_MS', () => {
  const app = useService({ QUEUE_MAX_ACTIVE: 1, HTTP_REQUEST_TIMEOUT_MS: 2000 });

  it('lives longer than a request may take', async () => {
    await app.buyer(); // so that the other one waits
    const stream = await listen(app.url, await app.buyer());
    // A request that begins later and never ends is cut.
    const slow = connect(Number(new URL(app.url).port), '127.0.0.1').on('error', () => undefined);
    let isCut = false;
    slow.resume().once('close', () => (isCut = true));
    slow.write('POST /v1/api/queue/token HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{');
    await until('the slow request is cut', () => isCut);
    expect(stream.ended).toBe(false);
    stream.close();
  });
});

describe('a waiting user whose stream is open', () => {
  const app = useService({ QUEUE_MAX_ACTIVE: 1, QUEUE_PRESENCE_TIMEOUT_SECONDS: 2 });

  /**
   * A presence time-out goes by: of two users who come now, one polls nothing and the one behind it hears that it is away.
   * @param ahead users who are ahead of both
   */
  async function timeoutPasses(ahead: number): Promise<void> {
    await app.buyer();
    const behind = await listen(app.url, await app.buyer());
    await behind.hears(`position ${ahead}`);
    behind.close();
  }

  it('is present without polling; a user without a stream is passed over, and admitted next after opening one', async () => {
    const [inside, silent] = [await app.buyer(1), await app.buyer(1)];
    const [listening, polling] = [await app.buyer(1), await app.buyer(1)];
    const stillPolling = setInterval(() => void polling.check().catch(() => undefined), 400);
    try {
      const stream = await listen(app.url, listening);
      await stream.hears('position 2');
      await timeoutPasses(5);
      await stream.hears('position 1'); // the silent one is away
      await payAndGo(app, inside);
      await stream.hears('admitted');
      expect((await polling.check()).body).toMatchObject({ data: { status: 'WAITING' } });

      const back = await listen(app.url, silent);
      await back.hears('position 1');
      await timeoutPasses(4); // only the store knows of this one, and it is kept present there
      await payAndGo(app, listening);
      await back.hears('admitted');
      await back.end();
      expect((await polling.check()).body).toMatchObject({ data: { status: 'WAITING' } });
    } finally {
      clearInterval(stillPolling);
    }
  });
});

describe('a stream of a user that waits too long', () => {
  const app = useService({ QUEUE_MAX_ACTIVE: 1, QUEUE_MAX_WAIT_SECONDS: 2 });

  it('ends with expired', async () => {
    await app.buyer();
    const stream = await listen(app.url, await app.buyer());
    await stream.hears('expired');
    await stream.end();
    // A machine that stands still for two seconds may leave out the position.
    expect(stream.story.filter((event) => event !== 'position 1')).toEqual(['expired 0']);
  });
});

describe('the number of streams', () => {
  const app = useService({ QUEUE_MAX_ACTIVE: 1, QUEUE_MAX_STREAMS: 2 });

  it('is bounded: beyond it 503 with Retry-After, until one has ended', async () => {
    await app.buyer();
    const [a, b, c] = [await app.buyer(), await app.buyer(), await app.buyer()];
    const streams = [await listen(app.url, a), await listen(app.url, b)];
    const refused = await listen(app.url, c);
    await refused.end();
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.text)).toMatchObject({ resultType: 'FAIL', exception: { code: '503' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(5);
    expect((await c.check()).body).toMatchObject({ data: { status: 'WAITING' } });
    expect(await metric(app.url, 'concert_queue_streams')).toBe(2);

    at(streams, 0).close();
    const opened = await until('room again', async () => {
      const stream = await listen(app.url, c);
      return stream.status === 200 && stream;
    });
    await opened.hears('position');
    for (const stream of [...streams, opened]) stream.close();
  });

  it('is never exceeded by clients that connect at the same time', async () => {
    await until('no stream left', async () => (await metric(app.url, 'concert_queue_streams')) === 0);
    const waiters = await app.buyers(20);
    const streams = await Promise.all(waiters.map((waiter) => listen(app.url, waiter)));
    expect(streams.filter(({ status }) => status === 200).length).toBe(2);
    expect(streams.filter(({ status }) => status === 503).length).toBe(18);
    for (const stream of streams) stream.close();
  });
});

describe('without streams', () => {
  const app = useService({ QUEUE_MAX_STREAMS: 0 });

  it('the path of streams is 404', async () => {
    const buyer = await app.buyer();
    expect(outcome(await buyer.get(EVENTS))).toBe('404 404');
    expect(outcome(await buyer.post(`${EVENTS}/ticket`))).toBe('404 404');
    expect((await request(app.url).get('/openapi.json')).text).not.toContain('/events');
  });
});

describe('a thousand streams', () => {
  const app = useService({ QUEUE_MAX_ACTIVE: 1, QUEUE_PRESENCE_TIMEOUT_SECONDS: 600 });

  it('share one timer, all get the new position, and leave nothing behind', async () => {
    const inside = await app.buyer(1);
    const next = await app.buyer(1);
    const waiters = await app.buyers(250);
    const timers = (): number => process.getActiveResourcesInfo().filter((it) => it === 'Timeout').length;
    const before = { timers: timers(), heap: process.memoryUsage().heapUsed };
    const streams = (
      await Promise.all([1, 2, 3, 4].map(() => Promise.all(waiters.map((it) => listen(app.url, it)))))
    ).flat();
    await until('all have a position', () => streams.every(({ heard }) => heard.length > 0));
    expect(await metric(app.url, 'concert_queue_streams')).toBe(1000);
    expect(timers() - before.timers).toBeLessThan(20);
    expect((process.memoryUsage().heapUsed - before.heap) / 1000).toBeLessThan(200_000); // client included

    await next.check();
    await payAndGo(app, inside);
    await until('all have moved up', () => streams.every(({ heard }) => heard.length > 1));
    for (const { heard } of streams)
      expect(at(heard, 0).data.queuePosition - at(heard, heard.length - 1).data.queuePosition).toBe(1);
    expect(streams.some(({ ended }) => ended)).toBe(false);

    for (const stream of streams) stream.close();
    await until('none is left', async () => (await metric(app.url, 'concert_queue_streams')) === 0);
  });
});

describe('SIGTERM with open streams', () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  afterAll(() => admin.close());

  it('ends them at once and the process with 0; no ticket is in the log', async () => {
    const service = await new ServiceProcess({
      QUEUE_MAX_ACTIVE: 1,
      SHUTDOWN_GRACE_MS: 300_000,
      LOG_LEVEL: 'trace',
    }).start();
    const [first, ...waiters] = await Promise.all(
      (await given.users(10)).map((id) => new Buyer(service.url, id).enter()),
    );
    const tickets = await Promise.all([first, ...waiters].map((it) => ticketOf(it as Buyer)));
    const streams = await Promise.all(tickets.map((it) => withTicket(service.url, `ticket=${it}`)));
    await until('each has its first event', () => streams.every(({ heard }) => heard.length > 0));
    const open = streams.filter(({ heard }) => at(heard, 0).event === 'position');
    expect(open).toHaveLength(9); // and one is admitted

    expect(await service.stop()).toBe(0); // long before SHUTDOWN_GRACE_MS, or this test takes too long
    for (const stream of open) await stream.end();
    const log = service.lines.join('\n');
    expect(log).toContain(`"route":"${EVENTS}"`);
    for (const ticket of tickets) expect(log).not.toContain(ticket.split('.')[2]);
  });
});

import { connect } from 'node:net';
import request from 'supertest';
import { at } from '../../support/at';
import { ACTIVE, Buyer, outcome } from '../../support/clients/buyer';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { ServiceProcess } from '../../support/servers/process';
import { useService } from '../../support/suite';
import { until } from '../../support/wait';
import { EVENTS, listen, metric, payAndGo, ticketOf, withTicket } from '../../support/clients/streams';

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
    expect(admitted.data).toEqual(ACTIVE);
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

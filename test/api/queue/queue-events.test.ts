import { connect } from 'node:net';
import { createSigner } from 'fast-jwt';
import request from 'supertest';
import { QueueStreams } from '../../../src/modules/waiting-room/streams/streams';
import { TokenCodec } from '../../../src/modules/waiting-room/tokens/token';
import { WaitingRoomRegistry } from '../../../src/modules/waiting-room/registry';
import { at } from '../../support/at';
import { Buyer, outcome } from '../../support/clients/buyer';
import { Listener } from '../../support/clients/listener';
import { useService } from '../../support/suite';
import { until, wait } from '../../support/wait';
import { EVENTS, listen, metric, ticketOf, withTicket } from '../../support/clients/streams';

const secret = process.env.TOKEN_SECRET ?? '';
const codec = new TokenCodec(secret);

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

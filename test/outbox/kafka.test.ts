import { randomUUID } from 'node:crypto';
import { kafkaBrokers } from '../support/clients/kafka';
import { testConfig } from '../support/config';
import { addressOf, Bench } from '../support/rows/events';
import { proxied, TcpProxy } from '../support/servers/tcp-proxy';
import { signal, until, wait } from '../support/wait';

const PAYMENT = 'payment-notification';

let bench: Bench;
beforeEach(() => {
  bench = new Bench(kafkaBrokers());
});
afterEach(() => bench.close());

const payload = (reservationId: number): string =>
  JSON.stringify({ reservationId, userId: 7, concertTitle: 'Title', seatPosition: 1, paymentAmount: 100 });

describe('events through Kafka', () => {
  test('a committed event is delivered to the user and remembered', async () => {
    const worker = await bench.worker();
    const paid = await bench.emit(PAYMENT, { reservationId: 41, userId: 8, paymentAmount: 50_000 });
    const held = await bench.emit('reservation-notification', { reservationId: 42, userId: 9 });

    await until('both notified', () => bench.recorder.done.length === 2);
    await until('up', () => worker.kafkaState() === 'up');
    await until('both marked', async () => (await bench.open()) === 0);
    const messages = Object.fromEntries(bench.recorder.done.map((it) => [it.eventId, it.message]));
    expect(messages).toEqual({
      [paid]: 'Your payment of 50,000 won is complete: seat 12 of “Nachtmusik” is yours (reservation 41).',
      [held]:
        'Seat 12 of “Nachtmusik” is held for you until 2030-01-02 12:04:05 (UTC+09:00): please pay before then (reservation 42).',
    });
    await until('both committed', async () => (await bench.notificationRows()).length === 2);
    const rows = await bench.notificationRows();
    expect(rows.map(({ eventId, userId }) => [eventId, userId]).sort()).toEqual(
      [
        [paid, 8],
        [held, 9],
      ].sort(),
    );
  });

  test('a poison event is in the DLQ after 3 tries, and a later one of another key passes it', async () => {
    await bench.worker({ EVENT_DLQ_RETRY_DELAY_MS: 600_000 });
    bench.recorder.act = (it) => {
      if (it.userId === 1) throw new Error('no such phone');
    };
    const poison = await bench.emit(PAYMENT, { reservationId: 1, userId: 1 });
    const later = await bench.emit(PAYMENT, { reservationId: 2, userId: 2 });

    await until('the later one', () => bench.recorder.doneOf(later) === 1);
    await until('in the DLQ', async () => (await bench.counted('dlq')) === 1);
    expect(bench.recorder.triesOf(poison)).toHaveLength(3);
  });

  test('an event in the DLQ gets one try every EVENT_DLQ_RETRY_DELAY_MS, then goes to the permanent DLQ', async () => {
    await bench.worker({ EVENT_DLQ_RETRY_DELAY_MS: 700 });
    bench.recorder.act = () => {
      throw new Error('no such phone');
    };
    const poison = await bench.emit(PAYMENT, { reservationId: 1 });

    await until('given up', async () => (await bench.counted('given_up')) === 1);
    const tries = bench.recorder.triesOf(poison);
    expect(tries).toHaveLength(3 + 2);
    const [, , third = 0, fourth = 0, fifth = 0] = tries;
    expect(fourth - third).toBeGreaterThan(650);
    expect(fifth - fourth).toBeGreaterThan(650);

    const inDlq = await bench.collect(`${PAYMENT}.DLQ`);
    const permanent = await bench.collect(`${PAYMENT}.DLQ.permanent`);
    await until('read', () => inDlq.length === 2 && permanent.length === 1);
    expect(inDlq.map(({ headers }) => headers.attempts)).toEqual(['3', '4']);
    expect(permanent[0]).toMatchObject({
      key: '1',
      headers: {
        'event-id': poison,
        attempts: '5',
        error: 'no such phone',
        'first-failed-at': inDlq[0]?.headers['first-failed-at'],
      },
    });
    expect(JSON.parse(permanent[0]?.value ?? '')).toMatchObject({ reservationId: 1 });
    await until('logged', () => bench.log.filter(({ level }) => level === 'error').length === 1);
    await expect(bench.counted('failed')).resolves.toBe(5);
  });

  test('an event that waits in the DLQ is delivered once the notifier is well again', async () => {
    await bench.worker();
    bench.recorder.act = () => {
      if (bench.recorder.tries.length <= 3) throw new Error('unwell'); // then it is in the DLQ
    };
    const event = await bench.emit();
    await until('notified', async () => (await bench.counted('notified')) === 1);
    expect(bench.recorder.doneOf(event)).toBe(1);
    await expect(bench.counted('dlq')).resolves.toBe(1);
  });

  test('a duplicate is recognised and not acted upon', async () => {
    await bench.worker();
    const first = await bench.emit(PAYMENT, { reservationId: 5 });
    await until('notified', () => bench.recorder.doneOf(first) === 1);
    const message = { key: '5', value: payload(5), headers: { 'event-id': first } };
    await bench.produce(PAYMENT, [message, message]);
    await until('duplicates', async () => (await bench.counted('duplicate')) >= 2);
    expect(bench.recorder.tries).toHaveLength(1);
  });

  test('what can never be understood goes to the permanent DLQ at once', async () => {
    const worker = await bench.worker();
    await until('up', () => worker.kafkaState() === 'up');
    await bench.produce(PAYMENT, [
      { key: '1', value: '{"reservationId":', headers: { 'event-id': randomUUID() } },
      { key: '1', value: payload(1) },
      { key: '1', value: payload(1), headers: { 'event-id': 'seven' } },
      { key: '1', value: '{"reservationId":"x"}', headers: { 'event-id': randomUUID() } },
      { value: null, headers: { 'event-id': randomUUID() } },
    ]);
    const good = await bench.emit(PAYMENT, { reservationId: 1 });
    await until('the good one', () => bench.recorder.doneOf(good) === 1);
    // Kafka delivers at least once: what a rebalance brings again is given up again.
    await until('given up', async () => (await bench.counted('given_up')) >= 5);

    const delivered = await bench.collect(`${PAYMENT}.DLQ.permanent`);
    const once = (): typeof delivered => [
      ...new Map(
        delivered.map((each) => [JSON.stringify([each.value, each.headers['event-id']]), each]),
      ).values(),
    ];
    await until('read', () => once().length === 5);
    const permanent = once();
    expect(permanent.map(({ headers }) => headers.attempts)).toEqual(['1', '1', '1', '1', '1']);
    const errors = permanent.map(({ headers }) => headers.error).sort();
    expect(errors).toEqual([
      expect.stringContaining('the event id "" is not'),
      expect.stringContaining('the event id "seven" is not'),
      'the payload is not JSON',
      'the payload is not JSON',
      expect.stringContaining('reservationId'),
    ]);
    await expect(bench.counted('dlq')).resolves.toBe(0);
    expect(bench.recorder.tries).toHaveLength(1);
  });

  test('stop() in the middle loses nothing: another worker ends what was begun', async () => {
    const first = await bench.worker();
    const stopping = signal();
    // Each takes its time also afterwards: the worker, which stops part by part, must not do them all meanwhile.
    bench.recorder.act = () =>
      bench.recorder.done.length < 5 ? undefined : stopping.given.then(() => wait(500));
    const events: string[] = [];
    for (let i = 0; i < 60; i++) events.push(await bench.emit(PAYMENT, { reservationId: 1 + i }));
    await until('under way', () => bench.recorder.done.length >= 5);

    const stopped = first.stop();
    stopping.give();
    await stopped;
    const doneByFirst = bench.recorder.done.length;
    expect(doneByFirst).toBeLessThan(60);
    expect(bench.recorder.tries).toHaveLength(doneByFirst); // none was left half-done

    bench.recorder.act = () => undefined;
    await bench.worker();
    await until('all notified', async () => (await bench.counted('notified')) === 60);
    expect(events.map((event) => bench.recorder.doneOf(event))).toEqual(events.map(() => 1));
  });
});

describe('when something is away', () => {
  let proxy: TcpProxy;
  afterEach(() => proxy.cut());

  test('a broker that is away from the start, and goes away, keeps the events waiting and the log quiet', async () => {
    proxy = await new TcpProxy(addressOf(kafkaBrokers())).open();
    await proxy.cut(); // its port stays its own
    const worker = await bench.worker({}, { kafkaThrough: proxy });
    const first = await bench.emit();
    await until('noticed', () => bench.log.length > 0);
    expect(worker.kafkaState()).toBe('down');

    await proxy.open();
    await until('notified', () => bench.recorder.doneOf(first) === 1);
    await until('up', () => worker.kafkaState() === 'up');

    await proxy.cut();
    const during = await Promise.all(Array.from({ length: 5 }, () => bench.emit()));
    await until('noticed', () => worker.kafkaState() === 'down');
    await wait(1_000);
    expect(await bench.open()).toBe(5);

    await proxy.open();
    await until('all notified', () => during.every((event) => bench.recorder.doneOf(event) === 1));
    await until('all marked', async () => (await bench.open()) === 0);
    await until('up', () => worker.kafkaState() === 'up');
    const away = 'Kafka is unreachable: events wait in the outbox, will retry';
    const log = bench.log.map(({ msg }) => msg);
    expect(log.filter((_, i) => i % 2 === 0)).toEqual(log.filter((_, i) => i % 2 === 1).map(() => away));
    expect(new Set(log)).toEqual(new Set([away, 'connected to Kafka', 'Kafka is back'])); // in turns, once each
    expect(log.length).toBeLessThan(20); // two outages; a machine that stands still makes more of them
  });

  test('a worker stops soon though its broker never came', async () => {
    proxy = await new TcpProxy(addressOf(kafkaBrokers())).open();
    await proxy.cut();
    const worker = await bench.worker({}, { kafkaThrough: proxy });
    await until('noticed', () => bench.log.length > 0);
    await worker.stop(); // the test's time-out tells if it waits for the broker
  });

  test('a database that is away is no failure of the event', async () => {
    const database = await proxied(testConfig().DATABASE_URL);
    ({ proxy } = database);
    const worker = await bench.worker({ DATABASE_URL: database.url, DATABASE_ACQUIRE_TIMEOUT_MS: 1000 });
    await until('up', () => worker.kafkaState() === 'up');

    await proxy.cut();
    const event = randomUUID();
    await bench.produce(PAYMENT, [{ key: '1', value: payload(1), headers: { 'event-id': event } }]);
    await wait(2_500); // several tries, had they been counted
    await proxy.open();
    await until('notified', () => bench.recorder.doneOf(event) === 1);
    await expect(bench.counted('failed')).resolves.toBe(0);
    await expect(bench.counted('dlq')).resolves.toBe(0);
  });
});

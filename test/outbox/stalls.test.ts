import { kafkaBrokers } from '../support/clients/kafka';
import { addressOf, Bench } from '../support/rows/events';
import { testConfig } from '../support/config';
import { proxied, TcpProxy } from '../support/servers/tcp-proxy';
import { until, wait } from '../support/wait';

/** What stands still, for how long; longer than the time limits that the worker is given here, and shorter. */
const STALLS: ['database' | 'broker', number][] = [
  ['database', 300],
  ['database', 4000],
  ['broker', 300],
  ['broker', 4000],
];
const LIMITS = { DATABASE_ACQUIRE_TIMEOUT_MS: 1500, DATABASE_TIMEOUT_MS: 1500 };

describe('the delivery of events after a stall', () => {
  let bench: Bench;
  let proxies: Record<'database' | 'broker', TcpProxy>;
  let databaseUrl: string;

  beforeEach(async () => {
    bench = new Bench(kafkaBrokers());
    const database = await proxied(testConfig().DATABASE_URL);
    databaseUrl = database.url;
    proxies = {
      database: database.proxy,
      broker: await new TcpProxy(addressOf(kafkaBrokers())).open(),
    };
  });
  afterEach(async () => {
    await bench.close();
    await Promise.all(Object.values(proxies).map((proxy) => proxy.cut()));
  });

  test.each(STALLS)('goes on by itself, and tells every user once: %s, %d ms', async (part, ms) => {
    const worker = await bench.worker(
      { DATABASE_URL: databaseUrl, ...LIMITS },
      { kafkaThrough: proxies.broker },
    );
    const before = await bench.emit();
    await until('the worker delivers', () => bench.recorder.doneOf(before) === 1);

    proxies[part].change({ silent: true });
    const during = await Promise.all(Array.from({ length: 5 }, () => bench.emit()));
    await wait(ms);
    proxies[part].change({});
    const after = await bench.emit();

    const events = [before, ...during, after];
    await until('every event is acted upon', () => events.every((event) => bench.recorder.doneOf(event) > 0));
    await until('every event is marked as delivered', async () => (await bench.open()) === 0);
    await until('the broker is reported up', () => worker.kafkaState() === 'up');
    const rows = await bench.notificationRows();
    expect(rows.map(({ eventId }) => eventId).sort()).toEqual([...events].sort());
    expect(await bench.counted('dlq')).toBe(0);
  });
});

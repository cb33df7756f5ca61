import { randomBytes } from 'node:crypto';
import { Buyer } from '../support/clients/buyer';
import { Given } from '../support/rows/given';
import { Authority, noCertificates } from '../support/servers/secure/authority';
import { freePort } from '../../scripts/lib/ports';
import { KafkaBrokers, noKafkaBrokers } from '../support/servers/secure/kafka-brokers';
import { MariaDbServer, noMariaDbServer } from '../support/servers/mariadb-server';
import { ServiceProcess } from '../support/servers/process';
import { noRedisServer, RedisServer } from '../support/servers/redis/server';
import { until } from '../support/wait';

/** Here, and not among the tests of each commit, because three brokers need a gigabyte and half a minute of CPU time. */
const missing = noCertificates ?? noKafkaBrokers ?? noMariaDbServer ?? noRedisServer;
if (missing !== undefined) console.warn(`three brokers are not tried: ${missing}`);
const described = missing === undefined ? describe : describe.skip;

const ACCOUNT = { username: 'concert', password: 'the-password-of-the-broker' };

described('Kafka with three brokers, TLS of a private authority and a login', () => {
  let ours: Authority;
  let another: Authority;
  let brokers: KafkaBrokers;
  let database: MariaDbServer;
  let redis: RedisServer;
  /** As the chart sets them with kafka.securityProtocol=SASL_SSL and extraEnv. */
  let variables: Record<string, string>;

  beforeAll(async () => {
    ours = new Authority();
    another = new Authority();
    redis = await new RedisServer(await freePort()).start();
    [database] = (await MariaDbServer.start(1)) as [MariaDbServer];
    brokers = await KafkaBrokers.start({ ...ours.certify('broker'), ...ACCOUNT });
    variables = {
      DATABASE_URL: database.url('app'),
      DATABASE_ADMIN_URL: '',
      REDIS_URL: redis.url,
      TOKEN_SECRET: randomBytes(48).toString('base64url'),
      KAFKA_BROKERS: brokers.addresses,
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: ACCOUNT.username,
      KAFKA_SASL_PASSWORD: ACCOUNT.password,
      NODE_EXTRA_CA_CERTS: ours.file,
      QUEUE_MAX_ACTIVE: '1000',
    };
  });
  afterAll(async () => {
    await Promise.all([brokers.end(), database.end(), redis.end()]);
    ours.end();
    another.end();
  });

  const openEvents = async (): Promise<number> => {
    const [row] = await database.root.query<{ open: number }>(
      'SELECT COUNT(*) AS open FROM outbox WHERE delivered_at IS NULL',
    );
    return Number(row?.open);
  };

  it('are not used with a certificate that is not trusted, which the log says with the variable', async () => {
    const service = await new ServiceProcess({ ...variables, NODE_EXTRA_CA_CERTS: another.file }).start();
    const line = await until('the warning', () => service.lines.find((it) => it.includes('"hint"')));
    const { msg, hint } = JSON.parse(line) as { msg: string; hint: string };
    expect(msg).toContain('Kafka is unreachable');
    expect(hint).toMatch(
      /^KAFKA_BROKERS names a server whose certificate is not trusted \(\w+\): name the file of its authority in NODE_EXTRA_CA_CERTS$/,
    );
    await service.stop();
  });

  it('lose no event and repeat none when one is killed, and when two are until they are back', async () => {
    const service = await new ServiceProcess(variables).start();
    const given = new Given(database.root);
    const { id, seats } = await given.scheduleWithSeats(12);
    const buy = async (from: number, to: number): Promise<void> => {
      for (const seat of seats.slice(from, to)) {
        const buyer = await new Buyer(service.url, await given.user(seat.amount)).enter();
        await buyer.check();
        const answer = await buyer.pay(await buyer.hold(id, seat.id));
        expect(answer.status).toBe(200);
      }
    };
    const delivered = (): Promise<true> =>
      until('all events are delivered', async () => (await openEvents()) === 0).then(() => true);

    await buy(0, 4);
    await delivered();
    await brokers.kill(0);
    await buy(4, 8);
    await delivered();
    await brokers.kill(1); // one is left, and two have to keep what is acknowledged
    await buy(8, 12);
    expect(await openEvents()).toBeGreaterThan(0);
    await Promise.all([brokers.launch(0), brokers.launch(1)]);
    await delivered();
    // Each seat was held and paid for: as many buyers were notified twice, by events that each have acted once.
    const notified = await until('all are notified', async () => {
      const rows = await database.root.query<{ topic: string; times: number }>(
        'SELECT topic, COUNT(*) AS times FROM notification GROUP BY topic ORDER BY topic',
      );
      return rows.reduce((sum, { times }) => sum + times, 0) >= 24 && rows;
    });
    expect(notified).toEqual([
      { topic: 'payment-notification', times: 12 },
      { topic: 'reservation-notification', times: 12 },
    ]);
    expect(await service.stop()).toBe(0);
  });
});

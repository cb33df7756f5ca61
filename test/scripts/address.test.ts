import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';

interface Address {
  HOST: string;
  PORT: string;
  MANAGEMENT_PORT?: string;
}
const { checkAddress, readAddress, welcome } = jest.requireActual<{
  checkAddress: (address: Address) => Promise<void>;
  readAddress: () => Promise<Address>;
  welcome: (address: Address) => string;
}>('../../scripts/lib/api');

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

/** On ::1 alone. */
const canListen = (server: Server, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    server
      .once('error', () => {
        resolve(false);
      })
      .listen(port, '::1', () => {
        resolve(true);
      });
  });

describe('where npm start listens', () => {
  const { env } = process;
  const given = (own: Record<string, string>): void => {
    process.env = { ...env, NODE_ENV: '', PORT: '', HOST: '', MANAGEMENT_PORT: '', ...own };
  };
  const servers: Server[] = [];
  const server = (): Server => {
    const one = createServer();
    servers.push(one);
    return one;
  };
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const one of servers.splice(0)) await new Promise((resolve) => one.close(resolve));
  });
  afterAll(() => (process.env = env));

  it.each<[string, Record<string, string>, Address]>([
    ['nothing is set', {}, { HOST: '0.0.0.0', PORT: '8080' }],
    ['HOST is ::1', { HOST: '::1', PORT: '9000' }, { HOST: '::1', PORT: '9000' }],
    [
      'operators have a port',
      { MANAGEMENT_PORT: '9090' },
      { HOST: '0.0.0.0', PORT: '8080', MANAGEMENT_PORT: '9090' },
    ],
  ])('is what the variables say when %s', async (_what, own, address) => {
    given(own);
    expect(await readAddress()).toEqual(address);
  });

  it('is a free port, and another one for operators, when PORT and MANAGEMENT_PORT are 0', async () => {
    given({ PORT: '0', MANAGEMENT_PORT: '0' });
    const { PORT, MANAGEMENT_PORT } = await readAddress();
    expect([PORT, MANAGEMENT_PORT]).toEqual([
      expect.stringMatching(/^[1-9]\d*$/),
      expect.stringMatching(/^[1-9]\d*$/),
    ]);
    expect(PORT).not.toBe(MANAGEMENT_PORT);
  });

  (hasIpv6 ? it : it.skip)('is a port that is free on HOST, not on another address', async () => {
    const [FIRST, COUNT] = [10_000, 20_000]; // of those that are chosen from
    const taken = server();
    const random = jest.spyOn(Math, 'random');
    let port: number;
    do port = FIRST + Math.floor(Math.random() * COUNT);
    while (!(await canListen(taken, port)));
    random.mockReturnValueOnce((port - FIRST + 0.5) / COUNT);
    given({ PORT: '0', HOST: '::1' });
    const { PORT } = await readAddress();
    expect(Number(PORT)).not.toBe(port);
  });

  it.each(['08080', '65536', '-1', '8080 ', '0x50', '8e3', 'http', '80.5'])(
    'is refused by name when PORT is "%s"',
    async (PORT) => {
      given({ PORT });
      const message = `PORT is "${PORT}", which is not a port number.`;
      await expect(readAddress()).rejects.toMatchObject({ message, code: 2 });
      given({ MANAGEMENT_PORT: PORT });
      await expect(readAddress()).rejects.toThrow(`MANAGEMENT_PORT is "${PORT}"`);
    },
  );

  it('is refused by name when it is no address of this machine, or taken', async () => {
    await expect(checkAddress({ HOST: '203.0.113.7', PORT: '0' })).rejects.toThrow(
      /^HOST "203.0.113.7" cannot/,
    );
    await expect(checkAddress({ HOST: '[::1]', PORT: '0' })).rejects.toThrow(/^HOST "\[::1\]" cannot/);
    const taken = server();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const check = checkAddress({ HOST: '127.0.0.1', PORT: '0', MANAGEMENT_PORT: String(port) });
    await expect(check).rejects.toThrow(`MANAGEMENT_PORT ${port} is in use by another program.`);
  });

  it.each<[string, string]>([
    ['0.0.0.0', 'http://localhost:8080'],
    ['::', 'http://localhost:8080'],
    ['127.0.0.1', 'http://127.0.0.1:8080'],
    ['::1', 'http://[::1]:8080'],
    ['fe80::1%eth0', 'http://[fe80::1%25eth0]:8080'],
  ])('is printed for HOST %s as URLs of it that work', (HOST, base) => {
    given({});
    const text = welcome({ HOST, PORT: '8080', MANAGEMENT_PORT: '9090' });
    expect(text).toContain(`The API is ready: ${base}/v1/api\n`);
    expect(text).toContain(`curl -X POST ${base}/v1/api/queue/token `);
    const management = base.replace('8080', '9090');
    expect(text).toContain(`${management}/metrics`);
    expect(text).toContain(`Buyer's page    ${base}/\n  Operator's page ${management}/operator\n`);
  });
});

describe('KAFKA_BROKERS', () => {
  const { probe } = jest.requireActual<{ probe: (urls: { KAFKA_BROKERS: string }) => Promise<void> }>(
    '../../scripts/lib/services/kafka/kafka',
  );

  it('is refused where another program answers, also one that speaks first as MariaDB does', async () => {
    const other = createServer((socket) => {
      socket.on('error', () => undefined).write('a greeting of more than sixteen bytes');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      await expect(probe({ KAFKA_BROKERS: `127.0.0.1:${port}` })).rejects.toThrow(`:${port}: it is no Kafka`);
    } finally {
      other.close();
    }
  });
});

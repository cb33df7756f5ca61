import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { connectRedis } from '../../../src/platform/redis/redis';
import { Timeouts } from '../../../src/platform/redis/lost-replies';
import { testConfig } from '../../support/config';
import { until } from '../../support/wait';

describe('commands that time out', () => {
  it('at one time are a stall, and again later are replies that were lost', () => {
    let now = 0;
    const timeouts = new Timeouts(2000, () => now);
    const at = (ms: number): boolean => {
      now = ms;
      return timeouts.isAnother();
    };
    expect([1000, 1500, 3000].map(at)).toEqual([false, false, false]);
    expect(at(3001)).toBe(true);
    timeouts.reset();
    expect([60_000, 62_000].map(at)).toEqual([false, false]);
  });
});

describe('a Redis behind a proxy that has swallowed a reply', () => {
  const { hostname, port, pathname } = new URL(testConfig().REDIS_URL);
  const sockets: Socket[] = [];
  let swallows = false;
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    sockets.push(client, server);
    client.pipe(server);
    server.on('data', (reply) => {
      if (swallows) swallows = false;
      else client.write(reply);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const)
      one.on('error', () => undefined).on('close', () => other.destroy());
  });
  beforeAll(() => new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve)));
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  });

  it('is asked on a new connection, where each command has its own reply', async () => {
    let givenUp = 0;
    const url = `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}${pathname}`;
    const redis = connectRedis(url, 150, () => givenUp++);
    redis.on('error', () => undefined);
    await redis.connect();
    await until('it answers', () =>
      redis.echo('first').then(
        (it) => it === 'first',
        () => false,
      ),
    );
    swallows = true;
    await until('the connection is given up', async () => {
      await redis.echo('lost').catch(() => undefined);
      return givenUp > 0;
    });
    await until('it answers again', () =>
      redis.echo('right').then(
        (it) => it === 'right',
        () => false,
      ),
    );
    redis.disconnect();
  });
});

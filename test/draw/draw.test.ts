import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import request from 'supertest';
import { OpeningRepository } from '../../src/modules/waiting-room/opening/repository';
import type { PublishedDraw } from '../../src/modules/waiting-room/opening/schema';
import { queueKeys } from '../../src/modules/waiting-room/state/keys';
import { connectRedis, type Redis } from '../../src/platform/redis/redis';
import { at } from '../support/at';
import { uniqueQueueId } from '../support/config';
import { freePort } from '../../scripts/lib/ports';
import { Given, openAdminDatabase } from '../support/rows/given';
import { givenOperator, OrganizerClient } from '../support/rows/organizer';
import { SteppedTransaction } from '../support/rows/stepped';
import { ServiceProcess } from '../support/servers/process';
import { noRedisServer, RedisServer } from '../support/servers/redis/server';
import { until } from '../support/wait';

const USERS = 40;
const isEqual = (one: number[], other: number[]): boolean => one.join() === other.join();

const described = noRedisServer === undefined ? describe : describe.skip;

interface Checked {
  status: string;
  queuePosition: number;
}

described(`a draw${noRedisServer === undefined ? '' : ` (${noRedisServer})`}`, () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  const queueId = uniqueQueueId();
  let server: RedisServer;
  let redis: Redis;
  let processes: ServiceProcess[];
  let operators: { client: OrganizerClient; secret: string }[];
  const env = (): Record<string, string | number> => ({
    QUEUE_ID: queueId,
    REDIS_URL: server.url,
    QUEUE_MAX_ACTIVE: 1,
    MANAGEMENT_PORT: 0,
    NODE_ENV: 'test',
    QUEUE_IDLE_TIMEOUT_SECONDS: 0,
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 600,
    LOG_LEVEL: 'info',
  });
  const urlOf = (i: number): string => at(processes, i % processes.length).url;

  beforeAll(async () => {
    server = await new RedisServer(await freePort()).start();
    redis = connectRedis(server.url, 60_000);
    await redis.connect();
    processes = await Promise.all(
      ['api', 'all'].map((ROLE) => new ServiceProcess({ ...env(), ROLE }).start()),
    );
    operators = [];
    for (const role of ['admin', 'operator', 'operator'] as const) {
      const { key } = await givenOperator(admin, role);
      operators.push({
        client: new OrganizerClient(at(processes, 0).managementUrl, key),
        secret: randomBytes(24).toString('base64url'),
      });
    }
  });
  afterAll(async () => {
    for (const each of processes) await each.stop('SIGKILL');
    redis.disconnect();
    await server.end();
    await admin.close();
  });

  const tokenOf = async (userId: number, i: number): Promise<string> => {
    const answer = await request(urlOf(i)).post('/v1/api/queue/token').send({ userId });
    return (answer.body as { data: { queueToken: string } }).data.queueToken;
  };
  const check = async (token: string, i: number): Promise<Checked> => {
    const answer = await request(urlOf(i)).post('/v1/api/queue/token/check').set('Authorization', token);
    return (answer.body as { data: Checked }).data;
  };
  const draws = async (): Promise<PublishedDraw[]> =>
    ((await request(urlOf(0)).get(`/v1/api/queues/${queueId}/draws`)).body as { data: PublishedDraw[] }).data;
  /** Tokens in the order in which they stand. */
  const orderOf = async (tokens: string[]): Promise<number[]> =>
    Promise.all(tokens.map(async (token, i) => (await check(token, i)).queuePosition));

  const exports = async (metric: string, value: number): Promise<boolean> => {
    const { text } = await request(at(processes, 0).managementUrl).get('/metrics');
    return text.includes(`${metric}{queue="${queueId}"} ${value}\n`);
  };
  /** What the program that shares no code with the product says. */
  const recomputed = async (url: string): Promise<string> =>
    new Promise((resolve) => {
      const program = join(__dirname, '../../lab/draw/main.mjs');
      execFile(process.execPath, [program, '--url', url, '--queue', queueId], (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });

  it('admits nobody before it, gives everybody another place, and keeps it through kill -9 and FLUSHALL', async () => {
    const path = `queues/${queueId}/opening`;
    const { client } = at(operators, 0);
    const opensIn = async (ms: number, version: number): Promise<unknown[]> => {
      const opensAt = new Date(Date.now() + ms).toISOString();
      const set = await client.send('put', path, { opensAt, mode: 'draw' }, { 'If-Match': `"${version}"` });
      return [set.status, set.headers.etag];
    };
    expect(await opensIn(3_600_000, 0)).toEqual([200, '"1"']);
    expect((await opensIn(3_600_000, 0))[0]).toBe(412);
    for (const { client: operator, secret } of operators.slice(1)) {
      const hash = createHash('sha256').update(secret).digest('hex');
      expect((await operator.post(`${path}/commitments`, { hash })).status).toBe(200);
      expect((await operator.post(`${path}/secrets`, { secret })).status).toBe(409); // not before the closing
    }
    await until(
      'the queue is closed',
      async () => (await redis.hget(queueKeys(queueId).state, 'drawing')) === '1',
    );

    await until('metrics say that it is not open', () => exports('concert_queue_not_open', 1));

    const users = await given.users(USERS);
    const tokens: string[] = [];
    for (const [i, user] of users.entries()) tokens.push(await tokenOf(user, i));
    expect(await orderOf(tokens)).toEqual(Array.from({ length: USERS }, (_, i) => i + 1));
    expect(await opensIn(7_200_000, 1)).toEqual([200, '"2"']); // what was committed stays
    await admin.execute('UPDATE queue_opening SET opens_at = NOW(3) WHERE queue_id = ?', [queueId]);
    await until('the registration has closed', async () => (await draws()).length === 1);
    const late = await tokenOf(await given.user(), 0);

    // The worker dies between the closing and the draw; what it has written is enough.
    await at(processes, 1).stop('SIGKILL');
    for (const { client: operator, secret } of operators.slice(1))
      expect((await operator.post(`${path}/secrets`, { secret })).status).toBe(200);
    await at(processes, 1).start();
    await until('it is drawn', async () => at(await draws(), 0).drawnAt !== null);

    // One is admitted; the others stand in the drawn order, the late one behind them.
    const placed = async (): Promise<number[]> => {
      const all = await Promise.all(tokens.map((token, i) => check(token, i)));
      return all.map(({ status, queuePosition }) => (status === 'PROGRESS' ? 0 : queuePosition));
    };
    // Anybody finds that order from what is published. A process learns of it a moment after the other.
    const [draw] = await draws();
    if (draw?.seed == null) throw new Error('it has no seed');
    expect([draw.firstSeq, draw.lastSeq, draw.registered]).toEqual([0, USERS, USERS]);
    const seed = Buffer.from(draw.seed, 'hex');
    const order = tokens.map((_, i) => shuffledIndex(i, USERS, seed));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: USERS }, (_, i) => i));
    await until('all stand in the drawn order', async () => isEqual(await placed(), order));
    await until('metrics say that it is open', () => exports('concert_queue_not_open', 0));
    await until('the late one is last', async () => (await check(late, 0)).queuePosition === USERS);
    const registrants = (
      (await request(urlOf(0)).get(`/v1/api/queues/${queueId}/draws/1/registrants`)).body as {
        data: [number, string][];
      }
    ).data;
    const hashes = tokens.map((token) => createHash('sha256').update(token).digest('hex'));
    expect(registrants).toEqual(hashes.map((hash, i) => [i + 1, hash]));

    expect(await recomputed(urlOf(0))).toMatch(/draw 1: 40 registered, as published/);
    // A user who asks again has the same place.
    const again = await tokenOf(at(users, 5), 0);
    await until('it has its place', async () => (await check(again, 1)).queuePosition === order[5]);

    await redis.flushall();
    await until('the order is back', async () => isEqual(await placed(), order));
    for (const each of processes) await each.stop('SIGKILL');
    await redis.flushall();
    for (const each of processes) await each.start();
    // Nothing but the database remembers. Users who poll are present again, in the drawn order; the session of the one who
    // was in is forgotten, and the user who polled first has it.
    await until('all are back in the drawn order', async () => {
      const after = await placed();
      const isIn = after.indexOf(0);
      const byPlace = (places: number[]): number[] =>
        tokens
          .map((_, i) => i)
          .filter((i) => i !== isIn)
          .sort((a, b) => at(places, a) - at(places, b));
      return new Set(after).size === USERS && isEqual(byPlace(after), byPlace(order));
    });

    // Last, since the workers read the seed again.
    const other = draw.seed.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    await admin.execute('UPDATE queue_draw SET seed = ? WHERE queue_id = ?', [other, queueId]);
    expect(await recomputed(urlOf(0))).toMatch(/the seed is not the hash of root and beacon/);
  });
});

describe('the first opening of a queue', () => {
  it('is locked before there is a row of it: of two operators who set it at once the second sees the first one’s', async () => {
    const admin = openAdminDatabase();
    const [openings, queueId] = [new OpeningRepository(admin), uniqueQueueId()];
    let seen: number | undefined;
    const second = new SteppedTransaction(admin, async (tx) => {
      seen = (await openings.lock(tx, queueId)).version;
    });
    await admin.transaction(async (tx) => {
      const opening = await openings.lock(tx, queueId);
      expect([opening.version, await second.run()]).toEqual([0, 'waits']);
      await openings.save(tx, { ...opening, version: 1 });
    });
    expect([await second.run(), seen]).toEqual(['over', 1]);
    await second.end();
    await admin.execute('DELETE FROM queue_opening WHERE queue_id = ?', [queueId]);
    await admin.close();
  });
});

/** compute_shuffled_index of Ethereum's consensus specification, step by step. */
function shuffledIndex(index: number, count: number, seed: Buffer): number {
  const hash = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  let place = index;
  for (let round = 0; round < 90; round++) {
    const pivot = Number(hash(seed, Buffer.of(round)).readBigUInt64LE() % BigInt(count));
    const flip = (pivot + count - place) % count;
    const position = Math.max(place, flip);
    const block = Buffer.alloc(4);
    block.writeUInt32LE(Math.floor(position / 256));
    const byte = hash(seed, Buffer.of(round), block)[Math.floor((position % 256) / 8)] ?? 0;
    if ((byte >> (position % 8)) % 2 === 1) place = flip;
  }
  return place;
}

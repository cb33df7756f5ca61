import { historyOf } from '../../../src/modules/waiting-room/state/generation';
import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import { freePort } from '../../../scripts/lib/ports';
import { connectRedis } from '../../../src/platform/redis/redis';
import { at } from '../../support/at';
import { must, useScriptQueues } from '../../support/queue/script-queue';
import { SIMULATED } from '../../support/queue/simulation';
import { Rooms } from '../../support/rows/rooms';
import { noRedisServer, RedisServer } from '../../support/servers/redis/server';
import { until } from '../../support/wait';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

describe('the restore of a lost state by the scripts', () => {
  const time = useVirtualTime();
  const { redis } = time;
  const newQueue = useScriptQueues(time.redis);

  it('a lost state is reported, and restored without giving a seq twice', async () => {
    const queue = await newQueue({}, 1);
    const entries = [await queue.issue(1), await queue.issue(2), await queue.issue(3)];
    await redis.del(queueKeys(queue.store.queueId).scriptKeys);
    expect(await queue.store.issue(4, 1, 3)).toBe('state-lost');
    expect(await queue.store.resolve(at(entries, 2), 1, 3)).toBe('state-lost');
    expect(await queue.store.admit(1, 3)).toBe('state-lost');
    const { gen } = at(entries, 0);
    const known = { issued: 3, headSeq: 1, gen };
    const restored = await Promise.all([
      queue.store.restore(known, 1, []),
      queue.store.restore({ ...known, issued: 2 }, 1, []),
    ]);
    expect(restored[1]).toEqual(restored[0]); // any number of processes may restore
    expect(restored[0]).toMatchObject({ headSeq: 1, gen: gen + 1 });
    expect((await queue.issue(4)).seq).toBeGreaterThan(100_000);
    expect([await queue.status(at(entries, 1)), await queue.status(at(entries, 2))]).toEqual([
      'WAITING 1',
      'WAITING 2',
    ]);
  });

  it('a restore brings back sessions that have not ended, as far as the limit allows', async () => {
    const queue = await newQueue();
    await redis.del(queueKeys(queue.store.queueId).scriptKeys);
    const [past, later] = [virtualTime.nowMs - 1000, virtualTime.nowMs + 60_000];
    const sessions = [past, later, later, later].map((sessionUntilMs, i) => ({ seq: i + 1, sessionUntilMs }));
    const beyond = { seq: 9, sessionUntilMs: later };
    await queue.store.restore({ issued: 9, headSeq: 8, gen: 1 }, 2, [beyond, ...sessions]);
    expect((await queue.snapshot()).changes.map(({ seq }) => seq)).toEqual([2, 3]);
  });

  it('a state older than what the caller knows counts as lost', async () => {
    const queue = await newQueue();
    const { gen } = await queue.issue(1);
    expect(await queue.store.issue(2, 2, 500)).toBe('state-lost');
    const entry = { userId: 9, seq: 900, gen, iatMs: virtualTime.nowMs };
    expect(await queue.store.resolve(entry, 2, 0)).toBe('state-lost'); // a genuine token of a later seq also proves it
  });

  it('a state of another server counts as lost for everybody, until it is restored: it may be without the last numbers', async () => {
    const rooms = new Rooms(redis, SIMULATED, 1);
    const [knowing, other] = [rooms.open(), rooms.open()];
    const active = await knowing.entries.issue(1);
    const photo = await rooms.photograph();
    const lost = await knowing.entries.issue(2);
    await rooms.goBackTo(photo);
    const next = await other.entries.issue(3); // a process that knows nothing of the lost number
    expect([next.seq > 100_000, next.gen]).toEqual([true, active.gen + 1]);
    expect(await knowing.entries.resolve(lost)).toMatchObject({ status: 'WAITING', position: 1 });
    expect(await other.entries.resolve(next)).toMatchObject({ status: 'WAITING', position: 2 });
    expect(await other.entries.resolve(active)).toMatchObject({ status: 'PROGRESS' });
  });

  it('where Redis has changed its server and lost nothing, all sessions stay open', async () => {
    const rooms = new Rooms(redis, SIMULATED, 2);
    const [early, late] = [rooms.open(), rooms.open()];
    await early.entries.issue(1);
    await early.refresh();
    await late.entries.issue(2); // not in the snapshot of the process that restores
    await rooms.moveToAnotherServer();
    await early.tick();
    expect([...(await rooms.scores('active')).keys()]).toEqual([1, 2]);
  });

  it('a session that idled out after the snapshot of the process that restores it stays closed, and its user may return', async () => {
    const queue = await newQueue({ sessionMs: 20_000, idleTimeoutMs: 2000 });
    const [silent, active] = [await queue.issue(1), await queue.issue(2)];
    const { issued, headSeq, gen, version, changes } = await queue.snapshot();
    await time.pass(1500);
    await queue.resolve(active);
    await time.pass(500);
    expect((await queue.admit()).idle).toBe(1);
    const { state, active: key } = queueKeys(queue.store.queueId);
    await redis.hset(state, 'servers', 'f'.repeat(40)); // a failover
    const sessions = changes.map(({ seq, sessionUntilMs = 0 }) => ({ seq, sessionUntilMs }));
    must(await queue.store.restore({ issued, headSeq, gen, version }, queue.limit, sessions));
    expect(await redis.zrangebyscore(key, '-inf', '+inf')).toEqual([String(active.seq)]);
    for (let i = 0; i < 4; i++) {
      await time.pass(1000);
      await queue.admit();
    }
    expect(await queue.status(silent)).toBe('PROGRESS');
  });

  it('a session that idled out and began again before the snapshot is brought back', async () => {
    const queue = await newQueue({ sessionMs: 20_000, idleTimeoutMs: 2000 });
    const user = await queue.issue(1);
    await time.pass(2000);
    expect((await queue.admit()).idle).toBe(1);
    expect(await queue.status(user)).toBe('PROGRESS');
    const { issued, headSeq, gen, version, changes } = await queue.snapshot();
    const sessions = changes.flatMap(({ seq, sessionUntilMs }) =>
      sessionUntilMs === undefined ? [] : { seq, sessionUntilMs },
    );
    const { state, active: key } = queueKeys(queue.store.queueId);
    await redis.hset(state, 'servers', 'f'.repeat(40), 'version', version - 1); // a failover to an older state
    await redis.del(key);
    must(await queue.store.restore({ issued, headSeq, gen, version }, queue.limit, sessions));
    expect(await redis.zrangebyscore(key, '-inf', '+inf')).toEqual([String(user.seq)]);
  });

  it('a user who has paid is not active again by an older state, whichever process restores it', async () => {
    const rooms = new Rooms(redis, SIMULATED, 2);
    const room = rooms.open();
    const paid = await room.entries.issue(1);
    const active = await room.entries.issue(2);
    const photo = await rooms.photograph();
    await room.entries.endSession(paid.seq);
    rooms.repository.paid.add(paid.seq);
    await rooms.goBackTo(photo);
    const other = rooms.open();
    expect(await other.entries.resolve(paid)).toMatchObject({ status: 'DONE' });
    expect(await other.entries.resolve(active)).toMatchObject({ status: 'PROGRESS' });
  });

  it('a proxy whose connections lead to several servers costs one restore for each', async () => {
    const rooms = new Rooms(redis, SIMULATED, 1);
    const { gen } = await rooms.open().entries.issue(1);
    await rooms.moveToAnotherServer();
    await rooms.open().tick();
    const servers = (await redis.hget(rooms.keys.state, 'servers'))?.split(',') ?? [];
    await redis.hset(rooms.keys.state, 'servers', [...servers].reverse().join(','));
    await rooms.open().tick();
    expect([servers.length, ...(await rooms.numbers('gen'))]).toEqual([2, gen + 1]);
  });

  it('a token of a later generation is not issued here', async () => {
    const queue = await newQueue();
    const entry = await queue.issue(1);
    expect(await queue.store.resolve({ ...entry, gen: entry.gen + 1 }, 2, 0)).toBe('not-issued-here');
  });

  it('a token of another history is not issued here, however its generation compares', async () => {
    const queue = await newQueue();
    const { gen, ...entry } = await queue.issue(1);
    const ofEarlier = [
      1,
      2 ** 20,
      historyOf(gen) - 1,
      historyOf(gen) + 2 ** 20 + 1,
      historyOf(gen) + 2 ** 21,
    ];
    for (const other of ofEarlier)
      expect(await queue.store.resolve({ ...entry, gen: other }, 2, 0)).toBe('not-issued-here');
    expect(await queue.store.resolve({ ...entry, gen }, 2, 0)).toMatchObject({ status: 'PROGRESS' });
  });

  it('each history is drawn at random, and kept through every restore', async () => {
    const queues = await Promise.all(Array.from({ length: 20 }, () => newQueue()));
    const gens = await Promise.all(queues.map(async (queue) => (await queue.issue(1)).gen));
    expect(new Set(gens.map(historyOf)).size).toBe(20);
    expect(gens.map((gen) => gen - historyOf(gen))).toEqual(gens.map(() => 1));
    expect(gens.every((gen) => Number.isSafeInteger(gen) && gen > 2 ** 20)).toBe(true);
    const queue = at(queues, 0);
    let gen = at(gens, 0);
    for (const restore of [1, 2, 3]) {
      await redis.del(queueKeys(queue.store.queueId).scriptKeys);
      ({ gen } = must(await queue.store.restore({ issued: 1, headSeq: 1, gen }, 2, [])));
      expect(gen).toBe(at(gens, 0) + restore);
    }
  });

  const itWithServer = noRedisServer === undefined ? it : it.skip;
  itWithServer('a restart with all data is a change of the server as well', async () => {
    const server = await new RedisServer(await freePort(), ['--appendonly', 'yes']).start();
    const connection = connectRedis(server.url, 5000);
    try {
      await connection.connect();
      const rooms = new Rooms(connection, SIMULATED, 1);
      const { gen } = await rooms.open().entries.issue(1);
      await rooms.open().tick();
      expect(await rooms.numbers('gen')).toEqual([gen]);
      await server.kill();
      await server.start();
      await until('it is connected again', () =>
        connection.ping().then(
          () => true,
          () => false,
        ),
      );
      expect((await rooms.open().entries.issue(2)).seq).toBeGreaterThan(100_000);
      expect(await rooms.numbers('gen')).toEqual([gen + 1]);
    } finally {
      connection.disconnect();
      await server.end();
    }
  });
});

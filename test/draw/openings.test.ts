import { createHash } from 'node:crypto';
import type { Config } from '../../src/config/config';
import { writeDraws } from '../../src/modules/waiting-room/opening/draws';
import { OpeningJob } from '../../src/modules/waiting-room/opening/job';
import type { DrawRow, Opening, OpeningRepository } from '../../src/modules/waiting-room/opening/repository';
import { type OpeningState, waitEndsMs } from '../../src/modules/waiting-room/opening/state';
import { WaitingRoomMetrics } from '../../src/modules/waiting-room/metrics';
import type { WaitingRoomRegistry } from '../../src/modules/waiting-room/registry';
import { queueKeys } from '../../src/modules/waiting-room/state/keys';
import type { QueueRepository } from '../../src/modules/waiting-room/state/repository';
import type { TokenCodec } from '../../src/modules/waiting-room/tokens/token';
import type { Database } from '../../src/platform/database/database';
import { createLogger } from '../../src/platform/observability/logger';
import { Metrics } from '../../src/platform/observability/metrics';
import { useScriptQueues } from '../support/queue/script-queue';
import { useVirtualTime, virtualTime } from '../support/queue/virtual-time';

jest.mock('../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const opensIn = (ms: number, isDrawing = false): OpeningState => ({
  opensAtMs: virtualTime.nowMs + ms,
  isDrawing,
  cut: undefined,
  draws: [],
});

describe('an opening that is put off', () => {
  const { redis } = useVirtualTime();
  const newQueue = useScriptQueues(redis);
  const DAY_MS = 86_400_000;

  it('keeps what is known of its users for as long as their tokens live now, in pieces', async () => {
    const { store, limit } = await newQueue();
    const { prefix, state } = queueKeys(store.queueId);
    const set = (opening: OpeningState): Promise<unknown> => store.opening.set(opening, virtualTime.nowMs, 0);
    await set(opensIn(60_000));
    const users = Array.from({ length: 1300 }, (_, i) => 100 * i); // each in another key
    await Promise.all(users.map((user) => store.issue(user, limit, 0)));
    const isKept = async (user: number): Promise<boolean> =>
      (await redis.pttl(`${prefix}users:${user / 100}`)) > DAY_MS;
    const keptCount = async (): Promise<number> =>
      (await Promise.all(users.map(isKept))).filter(Boolean).length;
    const putOff = opensIn(DAY_MS + 60_000);
    await set(putOff);
    expect(await keptCount()).toBeLessThan(users.length);
    for (let calls = 0; calls < 20 && (await redis.hexists(state, 'keepFrom')) === 1; calls++)
      await set(putOff);
    expect(await keptCount()).toBe(users.length);
    expect(Number(await redis.hget(state, 'has:users:7'))).toBeGreaterThan(putOff.opensAtMs);
  });
});

describe('the longest wait', () => {
  const time = useVirtualTime();
  const newQueue = useScriptQueues(time.redis);
  const HOUR_MS = 3_600_000;

  it('is not begun again by an opening for a token of an earlier sale, which would be ahead of all others', async () => {
    const queue = await newQueue({ maxWaitMs: HOUR_MS }, 1);
    const { prefix } = queueKeys(queue.store.queueId);
    const set = (opening: OpeningState): Promise<unknown> =>
      queue.store.opening.set(opening, virtualTime.nowMs, 0);
    const [old, waiting] = [await queue.issue(1), await queue.issue(2)];
    await queue.store.endSession(old.seq, queue.limit, 0);
    await time.pass(HOUR_MS);
    await time.redis.del(`${prefix}done:0`, `${prefix}users:0`); // as if their time to live had ended
    await time.redis.hdel(queueKeys(queue.store.queueId).state, 'has:done:0', 'has:users:0');
    await set(opensIn(HOUR_MS));
    await time.pass(HOUR_MS / 2);
    const registered = await queue.issue(3);
    await set(opensIn(2 * HOUR_MS)); // put off
    expect([await queue.status(old), await queue.status(waiting)]).toEqual(['EXPIRED', 'EXPIRED']);
    const { admission } = await queue.snapshot();
    expect(waitEndsMs(admission, old.iatMs, HOUR_MS)).toBeLessThan(virtualTime.nowMs);
    expect(waitEndsMs(admission, registered.iatMs, HOUR_MS)).toBe(virtualTime.nowMs + 3 * HOUR_MS);
    await time.pass(2 * HOUR_MS);
    expect(await queue.status(registered)).toBe('WAITING 1');
    expect((await queue.admit()).admitted).toEqual([registered.seq]);
  });

  it('counts from the moment in which an opening is taken back', async () => {
    const queue = await newQueue({ maxWaitMs: HOUR_MS }, 1);
    await queue.store.opening.set(opensIn(24 * HOUR_MS), virtualTime.nowMs, 0);
    const [first, second] = [await queue.issue(1), await queue.issue(2)];
    await time.pass(3 * HOUR_MS);
    const none = { ...opensIn(0), opensAtMs: 0 };
    await queue.store.opening.set(none, virtualTime.nowMs, 0);
    await time.pass(1000);
    await queue.store.opening.set(none, virtualTime.nowMs, 0);
    expect([await queue.status(first), await queue.status(second)]).toEqual(['WAITING 1', 'WAITING 2']);
    expect((await queue.admit()).admitted).toEqual([first.seq]);
    await time.pass(HOUR_MS);
    expect(await queue.status(second)).toBe('EXPIRED');
  });
});

describe('a worker of openings that has stood still', () => {
  const time = useVirtualTime();
  const newQueue = useScriptQueues(time.redis);

  it('forgets nobody who has come after those whom it has written down', async () => {
    const queue = await newQueue();
    const { opening } = queue.store;
    await opening.set(opensIn(60_000, true), virtualTime.nowMs, 0);
    for (const user of [1, 2]) await queue.issue(user);
    const oldest = await opening.entrants(10);
    for (const user of [3, 4]) await queue.issue(user);
    expect([await opening.dropEntrants(oldest), await opening.dropEntrants(oldest)]).toEqual([true, false]);
    expect((await opening.entrants(10)).map(({ userId }) => userId)).toEqual([3, 4]);
    expect(await opening.dropEntrants([])).toBe(true);
  });

  it('puts no opening in force that may have been put off meanwhile', async () => {
    const queue = await newQueue();
    const [askedAtMs, before] = [virtualTime.nowMs, opensIn(1000)];
    await time.pass(60_000);
    const putOff = opensIn(3_600_000);
    expect(await queue.store.opening.set(putOff, virtualTime.nowMs, 0)).toMatchObject({ draws: '' });
    expect(await queue.store.opening.set(before, askedAtMs, 0)).toBe('late');
    expect((await queue.snapshot()).admission.opensAt).toBe(putOff.opensAtMs);
  });

  it('takes back no later draw', async () => {
    const queue = await newQueue();
    const first = { firstSeq: 0, lastSeq: 2, seed: 'a'.repeat(64) };
    const second = { firstSeq: 4, lastSeq: 6, seed: 'b'.repeat(64) };
    for (const draws of [[first], [first, second], [first]])
      expect(await queue.store.opening.draw(draws, { present: [], expired: [] }, 0)).toBe('OK');
    expect((await queue.snapshot()).admission.draws).toBe(writeDraws([first, second]));
  });

  it.each(['draw', 'fifo'] as const)(
    'makes a draw only if its opening is still one, also behind a queue that it cannot reach: %s',
    async (modeNow) => {
      const queueId = 'main';
      const opening: Opening = {
        queueId,
        number: 1,
        opensAt: new Date(virtualTime.nowMs - 1000),
        mode: 'draw',
        drandChain: null,
        drandRound: null,
        version: 1,
      };
      const cut = { firstSeq: 0, lastSeq: 2 };
      const row: DrawRow = {
        ...cut,
        queueId,
        number: 1,
        opensAt: new Date(virtualTime.nowMs - 1000),
        registered: 2,
        root: '00',
        beacon: null,
        seed: null,
        closedAt: new Date(virtualTime.nowMs),
        drawnAt: null,
      };
      const made: string[] = [];
      const openings: Partial<OpeningRepository> = {
        find: (id) => (id === queueId ? Promise.resolve(opening) : Promise.reject(new Error('It is away.'))),
        findDraw: () => Promise.resolve({ ...row, seed: made[0] ?? null }),
        commitments: () =>
          Promise.resolve(
            ['one', 'two'].map((secret) => ({
              operator: secret,
              hash: createHash('sha256').update(secret).digest('hex'),
              secret,
            })),
          ),
        lock: () => Promise.resolve({ ...opening, mode: modeNow }), // given up since it was read
        setSeed: (_tx, _draw, _beacon, seed) => Promise.resolve(void made.push(seed)),
        setDrawn: () => Promise.resolve(),
      };
      const draw = jest.fn(() => Promise.resolve());
      const room = {
        queueId,
        snapshot: { nowMs: virtualTime.nowMs },
        opening: {
          apply: () => Promise.resolve({ cut, draws: '' }),
          entrants: () => Promise.resolve([]),
          draw,
        },
      };
      const database = {
        execute: () => Promise.resolve({ affectedRows: 1, insertId: 0 }),
        transaction: <T>(work: (tx: object) => Promise<T>) => work({}),
      };
      const job = new OpeningJob(
        database as unknown as Database,
        { all: [{ queueId: 'away', snapshot: {} }, room] } as unknown as WaitingRoomRegistry,
        { opening: () => Promise.resolve({ ...opensIn(-1000, true), cut }) } as unknown as QueueRepository,
        openings as OpeningRepository,
        {} as TokenCodec,
        new WaitingRoomMetrics(new Metrics()),
        { QUEUE_ID: queueId } as Config,
        createLogger('silent', 'test'),
      );
      await expect(job.turn()).rejects.toThrow('It is away.');
      expect([made.length, draw.mock.calls.length]).toEqual(modeNow === 'draw' ? [1, 1] : [0, 0]);
    },
  );
});

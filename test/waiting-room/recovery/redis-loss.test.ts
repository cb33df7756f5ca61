import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis, type Redis } from '../../../src/platform/redis/redis';
import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import type { RunningService } from '../../../src/service';
import { at } from '../../support/at';
import { Buyer, outcome } from '../../support/clients/buyer';
import { uniqueQueueId } from '../../support/config';
import { checked, Crowd, mainRoom, Meanwhile } from '../../support/clients/crowd';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { freePort } from '../../../scripts/lib/ports';
import { noRedisServer, RedisServer } from '../../support/servers/redis/server';
import { startTestService } from '../../support/service';
import { until } from '../../support/wait';

const WAITING = 20_000;
const LIMIT = 5;
/** Of the outage that is left when it has been seen that buying goes on. */
const OUTAGE_MS = Number(process.env.REDIS_OUTAGE_SECONDS ?? 3) * 1000;

const described = noRedisServer === undefined ? describe : describe.skip;

described(`a Redis that is lost${noRedisServer === undefined ? '' : ` (${noRedisServer})`}`, () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  let server: RedisServer;
  let services: (RunningService & { url: string; queueId: string })[];
  let crowd: Crowd;
  let active: Buyer[];
  let observer: Redis;
  let activeKey: string;
  let highestActive: Meanwhile<number>;
  let polls: Meanwhile<string>;
  /** In the order they were begun; ended in reverse, however far the test has come. */
  let endings: (() => unknown)[] = [];

  beforeEach(async () => {
    server = await new RedisServer(await freePort()).start();
    endings = [() => server.end()];
    const queueId = uniqueQueueId();
    const overrides = {
      QUEUE_ID: queueId,
      REDIS_URL: server.url,
      REDIS_TIMEOUT_MS: 5000,
      QUEUE_MAX_ACTIVE: LIMIT,
      QUEUE_IDLE_TIMEOUT_SECONDS: 0,
      QUEUE_PRESENCE_TIMEOUT_SECONDS: 600, // nobody is absent, however long a machine takes
    };
    services = await Promise.all([startTestService(overrides), startTestService(overrides)]);
    endings.push(() => Promise.all(services.map((service) => service.stop())));
    active = await Promise.all(
      Array.from({ length: LIMIT }, async (_, i) =>
        new Buyer(at(services, i % 2).url, await given.user(1000)).enter(),
      ),
    );
    crowd = new Crowd(services);
    await crowd.come(WAITING);
    await until('every snapshot has them', () => crowd.poll() === WAITING && crowd.poll() === WAITING);

    observer = connectRedis(server.url, 60_000);
    observer.on('error', () => undefined);
    endings.push(() => observer.disconnect());
    await observer.connect();
    activeKey = queueKeys(queueId).active;
    highestActive = new Meanwhile(50, () => observer.zcard(activeKey).catch(() => 0));
    endings.push(() => highestActive.stop());
    const sample = [0, 1, 2, 3, 9_999, 10_000, WAITING - 2, WAITING - 1].map((i) => crowd.user(i));
    let next = 0;
    polls = new Meanwhile(20, () => {
      if (next % 50 === 0) crowd.poll();
      return checked(at(sample, next++ % sample.length));
    });
    endings.push(() => polls.stop());
  });

  afterEach(async () => {
    server.thaw();
    for (const end of endings.reverse()) await end();
  });
  afterAll(() => admin.close());

  const newcomer = async (i: number): Promise<Buyer> => new Buyer(at(services, i).url, await given.user());

  /** Buys a seat from first to last. */
  async function buys(buyer: Buyer): Promise<string[]> {
    const { id, seats } = await given.scheduleWithSeats(1);
    const hold = await buyer.reserve(id, at(seats, 0).id);
    if (hold.status !== 200) return [outcome(hold)];
    const { reservationId } = (hold.body as { data: { reservationId: number } }).data;
    return [outcome(hold), outcome(await buyer.pay(reservationId))];
  }

  const tokenAt = async (buyer: Buyer): Promise<string> =>
    outcome(await buyer.post('/v1/api/queue/token').send({ userId: buyer.userId }));

  /** Both processes give out tokens again; milliseconds it took. */
  async function recovered(sinceMs: number): Promise<number> {
    const comers = [await newcomer(0), await newcomer(1)];
    for (const comer of comers)
      await until('tokens are issued', async () => {
        const given = await tokenAt(comer);
        if (given !== '200' && given !== '503 503') throw new Error(`a token request is answered ${given}`);
        return given === '200';
      });
    return performance.now() - sinceMs;
  }

  /** Every entry is kept, none belongs to another user, and users are admitted in order from here on. */
  async function nothingIsLost(sinceMs: number): Promise<number> {
    const rooms = services.map(mainRoom);
    const activeSeqs = async (): Promise<number[]> =>
      (await observer.zrange(activeKey, '0', '-1')).map(Number).sort((a, b) => a - b);
    const isOfCrowd = new Set(crowd.entries.map(({ seq }) => seq));
    const admitted: number[] = [];
    let firstAfterMs = 0;
    while (admitted.length < 20) {
      const fresh = await until('somebody is admitted', async () => {
        const now = (await activeSeqs()).filter((seq) => isOfCrowd.has(seq) && !admitted.includes(seq));
        return now.length > 0 ? now : undefined;
      });
      if (firstAfterMs === 0) firstAfterMs = performance.now() - sinceMs;
      admitted.push(...fresh);
      for (const seq of fresh) await at(rooms, seq % 2).entries.endSession(seq);
    }
    expect(admitted).toEqual(crowd.entries.slice(0, admitted.length).map(({ seq }) => seq)); // order kept
    const gone = new Set([...admitted, ...(await activeSeqs())]);
    const waiting = crowd.entries.filter(({ seq }) => !gone.has(seq));
    for (const room of rooms) {
      await until('the snapshot has the admissions', () => {
        const first = room.poll(at(waiting, 0));
        return first?.status === 'WAITING' && first.position === 1;
      });
      expect(waiting.map((entry) => room.poll(entry))).toEqual(
        waiting.map((_, i) => ({ status: 'WAITING', position: i + 1 })),
      );
    }
    const late = await at(rooms, 0).entries.issue(2_000_000_000);
    expect(late.seq).toBeGreaterThan(at(crowd.entries, WAITING - 1).seq); // no seq is issued twice
    expect(Math.max(...(await highestActive.stop()))).toBeLessThanOrEqual(LIMIT);
    return firstAfterMs;
  }

  const said = (what: string): void => void process.stdout.write(`    ${what}\n`);
  const ms = (value: number): string => `${Math.round(value)} ms`;

  it('restart without data: no entry, order or admission is lost', async () => {
    await server.kill();
    const started = performance.now();
    await sleep(1500);
    expect(await tokenAt(await newcomer(0))).toBe('503 503');
    expect(await buys(at(active, 0))).toEqual(['200', '200']); // active users keep buying
    await server.start();
    const backAtMs = performance.now();
    const issuesAfterMs = await recovered(backAtMs);
    expect(await until('active', async () => (await checked(at(active, 1))) === '200 PROGRESS')).toBe(true);
    expect(await buys(at(active, 1))).toEqual(['200', '200']);
    await until('its session is over', async () => (await checked(at(active, 0))) === '200 DONE');
    const admitsAfterMs = await nothingIsLost(backAtMs);
    said(
      `away ${ms(backAtMs - started)}; tokens after ${ms(issuesAfterMs)}, admission after ${ms(admitsAfterMs)}`,
    );
    expect((await polls.stop()).filter((said) => !said.startsWith('200'))).toEqual([]);
  });

  it('FLUSHALL: no entry, order or admission is lost', async () => {
    await observer.flushall();
    const lostAtMs = performance.now();
    const issuesAfterMs = await recovered(lostAtMs);
    for (const buyer of active.slice(0, 2)) expect(await buys(buyer)).toEqual(['200', '200']);
    const admitsAfterMs = await nothingIsLost(lostAtMs);
    said(`tokens after ${ms(issuesAfterMs)}, admission after ${ms(admitsAfterMs)}`);
    expect((await polls.stop()).filter((said) => !said.startsWith('200'))).toEqual([]);
  });

  it(
    'an outage (shortened by default; REDIS_OUTAGE_SECONDS=30 for all of it): waiting users keep polling, active users keep buying, and admission continues afterwards',
    async () => {
      server.freeze(); // it hangs with its data, which is worse than to refuse
      await sleep(1200);
      const before = polls.results.length;
      const bought = await Promise.all(active.slice(0, 3).map((buyer) => buys(buyer)));
      expect(bought).toEqual(Array.from({ length: 3 }, () => ['200', '200']));
      expect(await tokenAt(await newcomer(1))).toBe('503 503');
      await sleep(OUTAGE_MS);
      expect([...new Set(polls.results.slice(before))]).toEqual(['200 WAITING']);
      server.thaw();
      const backAtMs = performance.now();
      const issuesAfterMs = await recovered(backAtMs);
      for (const buyer of active.slice(0, 3))
        // paid during the outage: the session has ended
        await until('its session is over', async () => (await checked(buyer)) === '200 DONE');
      const admitsAfterMs = await nothingIsLost(backAtMs);
      said(`tokens after ${ms(issuesAfterMs)}, admission after ${ms(admitsAfterMs)}`);
    },
    600_000 + OUTAGE_MS,
  );
});

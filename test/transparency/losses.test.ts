import { audit, type Audited } from '../../lab/audit/audit';
import { LogKeys } from '../../src/modules/transparency/keys/keys';
import { TransparencyRepository } from '../../src/modules/transparency/repository';
import { TransparencyService } from '../../src/modules/transparency/service';
import { readTilePath } from '../../src/modules/transparency/tile-path';
import { LogWriter } from '../../src/modules/transparency/writer';
import { WaitingRoomRegistry } from '../../src/modules/waiting-room/registry';
import { Blinding } from '../../src/modules/waiting-room/tokens/blinding';
import type { WaitingRoom } from '../../src/modules/waiting-room/waiting-room';
import { connectRedis, type Redis } from '../../src/platform/redis/redis';
import { testConfig } from '../support/config';
import { openAdminDatabase } from '../support/rows/given';
import { Rooms } from '../support/rows/rooms';
import { until } from '../support/wait';

const SECRET = 'a secret of these tests';
const { REDIS_URL } = testConfig();
const RULES = {
  sessionMs: 600_000,
  maxWaitMs: 600_000,
  idleTimeoutMs: 0,
  presenceTimeoutMs: 600_000,
  admissionIntervalMs: 0,
};
const LIMIT = 3;

describe('an honest log', () => {
  const database = openAdminDatabase();
  const repository = new TransparencyRepository(database);
  const keys = new LogKeys(SECRET);
  let redis: Redis;
  let rooms: Rooms;
  let room: WaitingRoom;
  let user: number;

  beforeAll(async () => {
    redis = connectRedis(REDIS_URL, 60_000);
    await redis.connect();
  });
  beforeEach(async () => {
    rooms = new Rooms(redis, RULES, LIMIT);
    room = rooms.open();
    user = 0;
    await room.refresh();
  });
  afterEach(() => rooms.lose());
  afterAll(async () => {
    redis.disconnect();
    await database.close();
  });

  const makeWriter = (): LogWriter =>
    new LogWriter(room, repository, new Blinding(SECRET), keys.of(room.queueId));

  const enter = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await room.entries.issue(++user);
  };

  /** Ends the session of one active user, and thereby admits the next one. */
  const pay = async (): Promise<void> => {
    await room.refresh();
    const [seq] = room.snapshot.activeSeqs();
    expect(seq).toBeDefined();
    rooms.repository.paid.add(seq ?? 0);
    await room.entries.endSession(seq ?? 0);
  };

  /** Admissions go on when all processes have said whom they have seen. */
  const goOn = async (): Promise<void> => {
    const before = await rooms.numbers('headSeq');
    await until('admissions go on', async () => {
      await room.refresh();
      await room.flushPresence();
      await room.tick();
      const [seq] = room.snapshot.activeSeqs();
      if (seq !== undefined) {
        rooms.repository.paid.add(seq);
        await room.entries.endSession(seq);
      }
      return (await rooms.numbers('headSeq'))[0] !== before[0];
    });
  };

  async function audited(): Promise<Audited> {
    const logs = new TransparencyService(new WaitingRoomRegistry(room, []), repository, keys);
    const read = async (path: string): Promise<Buffer | undefined> => {
      if (path === 'checkpoint') return Buffer.from(await logs.checkpoint(room.queueId));
      const tile = readTilePath(path.replace(/^tile\//, ''));
      return tile && logs.tile(room.queueId, tile);
    };
    return audit(read, { key: logs.verifierKey(room.queueId), seen: [] });
  }

  const faults = ({ sale, contradictions }: Audited): string[] => [
    ...contradictions,
    ...sale.findings.map(({ index, text }) => `${index}: ${text}`),
  ];

  it('passes the audit when the worker is restarted in the middle of it', async () => {
    await enter(400);
    const first = makeWriter();
    await first.write();
    await pay();
    const second = makeWriter();
    await second.write();
    await enter(300);
    await expect(first.write()).rejects.toThrow(); // it does not know what the second one has written
    await first.write();
    const result = await audited();
    expect(faults(result)).toEqual([]);
    expect(result.sale.counts).toMatchObject({ issued: 700, paid: 1, gaps: 0, restores: 0 });
  });

  it('says what is not known when Redis has lost everything, and passes the audit', async () => {
    const writer = makeWriter();
    await enter(20);
    await pay();
    await room.flushPresence();
    await writer.write();
    await enter(5); // nobody has fetched these leaves
    await room.refresh();
    await room.flushPresence();
    await rooms.lose();
    await room.refresh();
    await goOn();
    await enter(2);
    const { isGap } = await writer.write();
    await writer.write();
    const result = await audited();
    expect(isGap).toBe(true);
    expect(faults(result)).toEqual([]);
    expect(result.sale.counts).toMatchObject({ issued: 22, gaps: 1, restores: 1 });
  });

  it('counts nobody as passed over among the numbers that a restore has left out', async () => {
    const writer = makeWriter();
    await enter(4);
    await writer.write();
    await room.refresh();
    await rooms.lose();
    await room.refresh();
    await enter(2);
    const [issued = 0] = await rooms.numbers('issued');
    expect(issued).toBeGreaterThan(100_000);
    for (let head = 0; head < issued; [head = 0] = await rooms.numbers('headSeq')) await goOn();
    await writer.write();
    await writer.write();
    const result = await audited();
    expect(faults(result)).toEqual([]);
    expect(result.sale.counts.passedOver).toBeLessThan(10);
  });

  it('says which leaves may be undone when Redis goes back by a moment, and passes the audit', async () => {
    const writer = makeWriter();
    await enter(20);
    await writer.write();
    await enter(1);
    const photo = await rooms.photograph();
    await pay();
    await pay();
    await enter(2);
    const { size } = await writer.write();
    await rooms.goBackTo(photo);
    const later = rooms.open(); // a process that has not seen what was lost
    room = later;
    await enter(2);
    await goOn();
    await pay();
    const next = makeWriter();
    const { isGap } = await next.write();
    await next.write();
    expect(isGap).toBe(true);
    const gap = (await repository.bundle(room.queueId, 0)).toString('latin1');
    expect(gap).toMatch(/gap \d{13} \d{13} \d{13} [1-9]\d?/);
    const result = await audited();
    expect(result.checkpoint.size).toBeGreaterThan(size);
    expect(faults(result)).toEqual([]);
  });

  it('says its limit again when only its leaves were lost, and passes the audit', async () => {
    const writer = makeWriter();
    await enter(20);
    await writer.write();
    await redis.del(`${rooms.keys.prefix}leaves`);
    await pay();
    await writer.write();
    await writer.write();
    await pay();
    await writer.write();
    const result = await audited();
    expect(faults(result)).toEqual([]);
    expect(result.sale.counts).toMatchObject({ issued: 20, gaps: 1, restores: 0 });
  });

  it('is refused when what is stored does not have the root of its checkpoint', async () => {
    await enter(3);
    await makeWriter().write();
    await database.execute('UPDATE transparency_entries SET entries = ? WHERE queue_id = ?', [
      Buffer.from('\0\x03abc'),
      room.queueId,
    ]);
    await expect(makeWriter().write()).rejects.toThrow('has another root than its checkpoint');
  });
});

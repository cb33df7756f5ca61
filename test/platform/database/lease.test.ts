import { randomBytes } from 'node:crypto';
import type { SqlExecutor } from '../../../src/platform/database/database';
import { Lease } from '../../../src/platform/database/lease';
import { openAdminDatabase, openDatabase } from '../../support/rows/given';
import { virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const LEASE_MS = 60_000;
const RENEWAL_MS = 0.3 * LEASE_MS;

describe('a lease', () => {
  const database = openDatabase(4);
  const admin = openAdminDatabase();
  let name = '';

  /** A worker's, with the statements that it has sent. `slowMs`: how long each takes by the worker's clock. */
  const lease = (slowMs = 0): Lease & { sent: string[] } => {
    const sent: string[] = [];
    const on: SqlExecutor = {
      query: (...args) => database.query(...args),
      execute: (sql, binds) => {
        sent.push(sql);
        virtualTime.nowMs += slowMs;
        return database.execute(sql, binds);
      },
    };
    return Object.assign(new Lease(on, name, LEASE_MS), { sent });
  };
  const secondsLeft = async (): Promise<number> => {
    const [row] = await admin.query<{ seconds: number }>(
      'SELECT TIMESTAMPDIFF(MICROSECOND, NOW(3), held_until) / 1e6 AS seconds FROM outbox_lease WHERE name = ?',
      [name],
    );
    return row?.seconds ?? NaN;
  };
  /** The holder's host vanished, and the lease's time has gone by. */
  const end = (): Promise<unknown> =>
    admin.execute('UPDATE outbox_lease SET held_until = NOW(3) WHERE name = ?', [name]);

  beforeEach(() => {
    name = `test-${randomBytes(6).toString('hex')}`;
  });
  afterEach(() => admin.execute('DELETE FROM outbox_lease WHERE name = ?', [name]));
  afterAll(() => Promise.all([database.close(), admin.close()]));

  it('is held by one worker of several that want it at once', async () => {
    const workers = Array.from({ length: 8 }, () => lease());
    const held = await Promise.all(workers.map((worker) => worker.hold()));
    expect(held.filter(Boolean)).toHaveLength(1);
    const winner = workers[held.indexOf(true)];
    virtualTime.nowMs += LEASE_MS; // by the database's clock it has just begun
    expect(await Promise.all(workers.map((worker) => worker.hold()))).toEqual(
      workers.map((worker) => worker === winner),
    );
  });

  it('is taken from a holder that is gone when the clock of the database has stepped back', async () => {
    const [one, other] = [lease(), lease()];
    await one.hold();
    const setSeconds = (seconds: number): Promise<unknown> =>
      admin.execute('UPDATE outbox_lease SET held_until = NOW(3) + INTERVAL ? SECOND WHERE name = ?', [
        seconds,
        name,
      ]);
    await setSeconds((1.5 * LEASE_MS) / 1000); // another version's, which lasts longer
    expect(await other.hold()).toBe(false);
    await setSeconds(3600);
    expect(await other.hold()).toBe(true);
    expect(await secondsLeft()).toBeLessThanOrEqual(LEASE_MS / 1000);
    virtualTime.nowMs += RENEWAL_MS;
    expect(await one.hold()).toBe(false);
  });

  it('leaves leases of other names alone', async () => {
    expect(await lease().hold()).toBe(true);
    const first = name;
    name += '-other';
    expect(await lease().hold()).toBe(true);
    await admin.execute('DELETE FROM outbox_lease WHERE name = ?', [first]);
  });

  it('can be taken by another worker as soon as it is released', async () => {
    const [one, other] = [lease(), lease()];
    await one.hold();
    expect(await other.hold()).toBe(false);
    await one.release();
    expect(await other.hold()).toBe(true);
    expect(await one.hold()).toBe(false);
  });

  it('passes to another worker when its time is over, and the first one learns of it before it acts again', async () => {
    const [one, other] = [lease(), lease()];
    await one.hold();
    await end();
    expect(await other.hold()).toBe(true);
    virtualTime.nowMs += RENEWAL_MS;
    expect(await one.hold()).toBe(false);
    await one.release();
    expect(await secondsLeft()).toBeGreaterThan(0); // still the other's
  });

  it('is not taken from its new holder by the release of one that has not noticed', async () => {
    const [one, other, third] = [lease(), lease(), lease()];
    await one.hold();
    await end();
    await other.hold();
    await one.release();
    expect(await third.hold()).toBe(false);
  });

  it('queries the database again after 30 % of its time, not before, and is prolonged then', async () => {
    const one = lease();
    await one.hold();
    const begun = one.sent.length;
    virtualTime.nowMs += RENEWAL_MS - 1;
    expect(await one.hold()).toBe(true);
    expect(one.sent).toHaveLength(begun);
    await admin.execute('UPDATE outbox_lease SET held_until = NOW(3) + INTERVAL 1 SECOND WHERE name = ?', [
      name,
    ]);
    virtualTime.nowMs += 1;
    expect(await one.hold()).toBe(true);
    expect(one.sent).toHaveLength(begun + 1);
    expect(await secondsLeft()).toBeGreaterThan(1);
  });

  it('counts its time from before the answer of the database', async () => {
    const one = lease(RENEWAL_MS);
    await one.hold();
    const begun = one.sent.length;
    await one.hold();
    expect(one.sent).toHaveLength(begun + 1);
  });

  it('sends one statement for calls at the same time', async () => {
    const one = lease();
    await one.hold();
    virtualTime.nowMs += RENEWAL_MS;
    const begun = one.sent.length;
    expect(await Promise.all([one.hold(), one.hold(), one.hold()])).toEqual([true, true, true]);
    expect(one.sent).toHaveLength(begun + 1);
  });

  it('can be taken when its row is gone, as in a database that was restored', async () => {
    const [one, other] = [lease(), lease()];
    await one.hold();
    expect(await other.hold()).toBe(false);
    await admin.execute('DELETE FROM outbox_lease WHERE name = ?', [name]);
    virtualTime.nowMs += LEASE_MS;
    expect(await one.hold()).toBe(false); // it learns that it holds nothing any more
    expect(await other.hold()).toBe(true);
    await admin.execute('DELETE FROM outbox_lease WHERE name = ?', [name]);
    expect(await one.hold()).toBe(true);
  });

  it('is not made again and again by a worker that waits for it', async () => {
    const [one, other] = [lease(), lease()];
    await one.hold();
    for (let i = 0; i < 10; i++) {
      expect(await other.hold()).toBe(false);
      virtualTime.nowMs += LEASE_MS / 5;
    }
    expect(other.sent.filter((sql) => sql.startsWith('INSERT'))).toHaveLength(2);
  });

  it('is not held when the database refuses, and can be taken afterwards', async () => {
    let isAway = true;
    const on: SqlExecutor = {
      query: (...args) => database.query(...args),
      execute: (...args) => (isAway ? Promise.reject(new Error('away')) : database.execute(...args)),
    };
    const one = new Lease(on, name, LEASE_MS);
    await expect(one.hold()).rejects.toThrow('away');
    await one.release(); // sends nothing
    isAway = false;
    expect(await one.hold()).toBe(true);
  });
});

import { lockTimeouts } from '../../../src/platform/database/connection/options';
import { openDatabase } from '../../support/rows/given';

describe('the connections of a process', () => {
  const database = openDatabase(2);
  afterAll(() => database.close());

  it('tell what share of their time they were in use since it was last asked', async () => {
    await database.query('SELECT 1');
    database.takeBusyShare();
    const startMs = performance.now();
    await database.query('SELECT SLEEP(0.2)'); // one of two
    const share = database.takeBusyShare();
    expect(share).toBeGreaterThan(100 / (performance.now() - startMs) - 0.05);
    expect(share).toBeLessThanOrEqual(0.5);
    expect(database.takeBusyShare()).toBe(0);
  });

  it('wait for a row lock as long as the time limit of a unit of work leaves room for', async () => {
    const [limits] = await database.query(
      'SELECT @@innodb_lock_wait_timeout AS lockWait, @@idle_transaction_timeout AS idle',
    );
    expect(limits).toEqual({ lockWait: 40, idle: 60 });
    expect(lockTimeouts(3000)).toBe('innodb_lock_wait_timeout = 2, idle_transaction_timeout = 10');
    expect(lockTimeouts(50)).toBe('innodb_lock_wait_timeout = 1, idle_transaction_timeout = 10');
    expect(lockTimeouts(3_600_000)).toBe('innodb_lock_wait_timeout = 50, idle_transaction_timeout = 60');
  });
});

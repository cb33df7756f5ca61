import { Database } from '../../src/platform/database/database';
import { testConfig } from '../support/config';

describe('the connections of a process', () => {
  const database = new Database({
    url: testConfig().DATABASE_URL,
    poolMax: 2,
    acquireMs: 5000,
    timeoutMs: 5000,
  });
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
});

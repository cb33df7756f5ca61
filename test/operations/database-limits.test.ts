import { createContainer } from '../../src/container';
import { Health } from '../../src/modules/operations/health';
import { Database } from '../../src/platform/database/database';
import { LOGGER, type Logger } from '../../src/platform/observability/logger';
import { Redis } from '../../src/platform/redis/redis';
import { testConfig } from '../support/config';
import { openAdminDatabase } from '../support/rows/given';

interface Excess {
  limit: string;
  allowed: number;
  needed: number;
}

/** What a process that starts with this configuration says against MariaDB's limits. */
async function excesses(overrides: Record<string, number>): Promise<Excess[]> {
  const container = createContainer(testConfig(overrides));
  const redis = container.resolve(Redis);
  const said = jest.spyOn(container.resolve<Logger>(LOGGER), 'error');
  try {
    await redis.connect();
    await container.resolve(Health).firstContact();
    return said.mock.calls
      .map(([what]): unknown => what)
      .filter((what): what is Excess => typeof what === 'object' && what !== null && 'needed' in what);
  } finally {
    redis.disconnect();
    await container.resolve(Database).close();
  }
}

describe('what all processes together may take of MariaDB', () => {
  const admin = openAdminDatabase();
  let connections: number;
  let statements: number;
  beforeAll(async () => {
    const [limits] = await admin.query<{ connections: number; statements: number }>(
      'SELECT @@max_connections AS connections, @@max_prepared_stmt_count AS statements',
    );
    ({ connections, statements } = limits ?? { connections: 0, statements: 0 });
  });
  afterAll(() => admin.close());

  it('is named at the start where it is more connections than the server has', async () => {
    const workers = 2;
    const pool = Math.floor(connections / workers);
    const of = (DATABASE_POOL_MAX: number): Promise<Excess[]> =>
      excesses({ WORKERS: workers, DATABASE_POOL_MAX, DATABASE_STATEMENTS_MAX: 1 });
    expect(await of(pool)).toEqual([]);
    const needed = workers * (pool + 1);
    expect(await of(pool + 1)).toEqual([{ limit: 'max_connections', allowed: connections, needed }]);
  });

  it('is named at the start where it is more prepared statements than the server keeps', async () => {
    const [workers, pool] = [3, 4];
    const most = Math.floor(statements / (workers * pool));
    const of = (DATABASE_STATEMENTS_MAX: number): Promise<Excess[]> =>
      excesses({ WORKERS: workers, DATABASE_POOL_MAX: pool, DATABASE_STATEMENTS_MAX });
    expect(await of(most)).toEqual([]);
    const needed = workers * pool * (most + 1);
    expect(await of(most + 1)).toEqual([{ limit: 'max_prepared_stmt_count', allowed: statements, needed }]);
  });

  it('is named at the start where it is more connections than the account may have', async () => {
    const query = jest.spyOn(Database.prototype, 'query');
    query.mockResolvedValueOnce([{ connections, ofAccount: 20, statements }]);
    const said = await excesses({ WORKERS: 3, DATABASE_POOL_MAX: 7 });
    query.mockRestore();
    expect(said).toEqual([{ limit: 'max_user_connections', allowed: 20, needed: 21 }]);
  });
});

import { Database } from '../../../src/platform/database/database';
import { connectRedis, type Redis } from '../../../src/platform/redis/redis';
import { checkDatabase, checkRedis } from '../../../src/startup/server-checks';
import { testConfig } from '../../support/config';
import { openAdminDatabase } from '../../support/rows/given';

describe('a server of another version', () => {
  const { REDIS_URL } = testConfig();
  const admin: Database = openAdminDatabase();
  let redis: Redis;
  beforeAll(async () => {
    redis = connectRedis(REDIS_URL, 60_000);
    await redis.connect();
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    redis.disconnect();
    await admin.close();
  });

  it.each<[string, boolean]>([
    ['10.6.0-MariaDB', true],
    ['10.11.19-MariaDB-0+deb12u1', true],
    ['11.0.2-MariaDB-log', true],
    ['12.1.0-mariadb', true],
    ['10.5.29-MariaDB', false],
    ['9.9.9-MariaDB', false],
    ['8.4.3', false],
    ['11.4.2', false],
    ['', false],
  ])('MariaDB %s: taken is %s', async (version, isTaken) => {
    jest.spyOn(admin, 'query').mockResolvedValueOnce([{ version }]);
    const check = checkDatabase(admin);
    if (isTaken) await expect(check).resolves.toBeUndefined();
    else await expect(check).rejects.toThrow(/^DATABASE_URL must be a MariaDB 10\.6 or newer, not /);
  });

  it.each<[string, boolean]>([
    ['7.0.0', true],
    ['7.4.1', true],
    ['10.0.0', true],
    ['6.2.19', false],
    ['2.8.0', false],
  ])('Redis %s: taken is %s', async (version, isTaken) => {
    jest.spyOn(redis, 'info').mockResolvedValue(`# Server\r\nredis_version:${version}\r\nredis_mode:x\r\n`);
    const check = checkRedis(redis, REDIS_URL);
    if (isTaken) await expect(check).resolves.toBeUndefined();
    else await expect(check).rejects.toThrow(`REDIS_URL must be a Redis 7.0 or newer, not ${version}`);
  });
});

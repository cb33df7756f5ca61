import type { Config } from '../config/config';
import { parseRedisUrls } from '../config/urls';
import { certificateFault } from '../platform/certificates';
import type { Database } from '../platform/database/database';
import { describeDatabaseError, isRefusedUrl, isWithoutRight } from '../platform/database/connection/ready';
import { mastersOf, type Redis } from '../platform/redis/redis';
import { missingMigrations } from '../database/applied';
import { RIGHTS } from '../database/grants';

/** A variable that its store has proved wrong. Waiting does not help. */
export class ServerMismatch extends Error {
  constructor(variable: keyof Config, why: string) {
    super(`${variable} ${why}`);
    this.name = 'ServerMismatch';
  }
}

const LEAST_MARIADB = [10, 6] as const;

const TABLES = 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()';

/**
 * Proves DATABASE_URL: the account, the database, the server's version, and that the migrations have been here.
 * @throws ServerMismatch for what waiting does not mend, other errors for what it may
 */
export async function checkDatabase(database: Database): Promise<void> {
  const [server] = await database
    .query<{ version: string }>('SELECT VERSION() AS version')
    .catch((error: unknown) => {
      if (isRefusedUrl(error))
        throw new ServerMismatch('DATABASE_URL', `is refused by MariaDB: ${describeDatabaseError(error)}`);
      const certificate = certificateFault(error);
      if (certificate !== undefined) throw new ServerMismatch('DATABASE_URL', certificate);
      if (isWithoutRight(error))
        throw new Error(
          `DATABASE_URL: ${describeDatabaseError(error)}: run migrate, or name the right database`,
        );
      throw error;
    });
  const version = server?.version ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < LEAST_MARIADB[0] || (major === LEAST_MARIADB[0] && minor < LEAST_MARIADB[1]);
  if (!/mariadb/i.test(version) || isOld)
    throw new ServerMismatch(
      'DATABASE_URL',
      `must be a MariaDB ${LEAST_MARIADB.join('.')} or newer, not ${version}`,
    );
  const seen = new Set((await database.query<{ name: string }>(TABLES)).map(({ name }) => name));
  const missing = Object.keys(RIGHTS).filter((table) => !seen.has(table));
  if (missing.length > 0)
    throw new Error(
      `DATABASE_URL: the database has no tables ${missing.join(', ')}, or the account has no right to them: run migrate`,
    );
  const unapplied = await missingMigrations(database);
  if (unapplied.length > 0)
    throw new Error(`DATABASE_URL: the migrations ${unapplied.join(', ')} are missing: run migrate`);
}

const REDIS_REFUSAL =
  /^(?:WRONGPASS|NOAUTH|NOPERM|ERR invalid password|ERR (?:invalid )?DB index|ERR SELECT is not allowed|ERR unknown command .sentinel|ERR This instance has cluster support disabled)/i;
/** What the client says when no sentinel has led it to a master. Without a last error, each has said that it knows no such master. */
const NO_SENTINEL = /^All sentinels are unreachable\. Retrying from scratch after \d+ms\.(?: Last error: )?/;
const LEAST_REDIS = 7;

/**
 * Proves REDIS_URL: the account, the index of the database and the server's version. ioredis goes on in database 0,
 * which may be another installation's, when the server does not have the one that is asked for.
 * @throws ServerMismatch for what waiting does not mend, other errors for what it may
 */
export async function checkRedis(redis: Redis, urls: string): Promise<void> {
  const { db, nodes, sentinel } = parseRedisUrls(urls);
  try {
    if (nodes.length === 1 || sentinel !== undefined) await redis.select(db);
    for (const one of mastersOf(redis)) {
      await one.eval('return 1', 0);
      const info = await one.info('server');
      if (one === redis && /^redis_mode:cluster/m.test(info)) await checkOnlyNode(one);
      const [, version = ''] = /^redis_version:(\S+)/m.exec(info) ?? [];
      if (Number.parseInt(version, 10) < LEAST_REDIS)
        throw new ServerMismatch('REDIS_URL', `must be a Redis ${LEAST_REDIS}.0 or newer, not ${version}`);
    }
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** One URL is one server: the keys of a node's neighbours cannot be reached by it. */
async function checkOnlyNode(node: Redis): Promise<void> {
  const info = await node.call('CLUSTER', 'INFO').catch(() => ''); // the account may lack the right
  const [, size = '1'] = /^cluster_size:(\d+)/m.exec(String(info)) ?? [];
  if (Number(size) > 1)
    throw new ServerMismatch(
      'REDIS_URL',
      'names one node of a Redis Cluster: name two or more of its nodes, with a comma between them',
    );
}

/** What an error of the client says against REDIS_URL, if anything. Only its 'error' event says it of a wrong password or certificate. */
export function refusalOf(error: unknown): ServerMismatch | undefined {
  const { lastNodeError } = error as { lastNodeError?: unknown };
  const certificate = certificateFault(lastNodeError ?? error);
  if (certificate !== undefined) return new ServerMismatch('REDIS_URL', certificate);
  const all = ((lastNodeError ?? error) as Error).message;
  const message = all.replace(NO_SENTINEL, '');
  if (message === '' && all !== '')
    return new ServerMismatch('REDIS_URL', 'names a master that none of its sentinels knows');
  return REDIS_REFUSAL.test(message)
    ? new ServerMismatch('REDIS_URL', `is refused by Redis: ${message.split('\n')[0] ?? ''}`)
    : undefined;
}

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { monotonicMs } from '../clock';
import { Unavailable } from '../errors';
import type { Logger } from './logger';

export { Redis };

/** Redis could not be asked: no connection, or no answer in time. Mapped to 503. */
export class RedisUnavailable extends Unavailable {
  constructor(override readonly cause: unknown) {
    super('The waiting room');
  }
}

/** A connection that fails fast: nothing queues up in memory while Redis is away. */
export function connectRedis(url: string, timeoutMs: number): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    maxRetriesPerRequest: 0,
    commandTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
  });
  return redis;
}

/** Connects; when the first try fails goes on in the background, for ever. Says so when the connection is lost and when it is back. */
export async function followRedis(redis: Redis, logger: Logger): Promise<void> {
  let down = false;
  redis.on('error', (err) => {
    if (!down) logger.warn({ err }, 'redis is not reachable; trying on');
    down = true;
  });
  redis.on('ready', () => {
    if (down) logger.info('redis is back');
    down = false;
  });
  await redis.connect().catch(() => undefined); // told by 'error'; ioredis goes on trying
}

const INCLUDE = /^-- @include (\S+)$/gm;

/** The text of a Lua file with its `-- @include name.lua` lines replaced by those files. */
function readScript(path: string): string {
  return readFileSync(path, 'utf8').replace(INCLUDE, (_line, name: string) =>
    readScript(join(dirname(path), name)),
  );
}

export type ScriptArgument = string | number | Buffer;
export type Script = (keys: string[], args: ScriptArgument[]) => Promise<unknown>;
type Command = (...args: ScriptArgument[]) => Promise<unknown>;

/**
 * Loads `<name>-<number of keys>.lua` as a command; `buffers`: strings of its replies come as they are, undecoded.
 * The returned function throws RedisUnavailable when Redis cannot be asked, and plain errors for errors of the script.
 */
export function loadScript(
  redis: Redis,
  path: string,
  observe: (seconds: number) => void,
  replies: 'strings' | 'buffers' = 'strings',
): Script {
  const [, name, keyCount] = /([a-z-]+)-(\d+)$/.exec(path) ?? [];
  if (name === undefined) throw new Error(`${path} is not named <name>-<number of keys>`);
  const defined = `script:${name}`; // the plain name may be a command of Redis
  redis.defineCommand(defined, { numberOfKeys: Number(keyCount), lua: readScript(`${path}.lua`) });
  const commands = redis as unknown as Record<string, Command | undefined>;
  const command = commands[replies === 'buffers' ? `${defined}Buffer` : defined];
  if (command === undefined) throw new Error(`${path} was not defined`);
  return async (keys, args) => {
    const startedAtMs = monotonicMs();
    try {
      return await command.call(redis, ...keys, ...args);
    } catch (error) {
      throw translate(error);
    } finally {
      observe((monotonicMs() - startedAtMs) / 1000);
    }
  };
}

/** Replies that mean "not now": loading after a start, a replica, out of memory, a busy script, a failover. */
const NOT_NOW = /^(LOADING|READONLY|OOM|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS)/;

function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'ReplyError' && !NOT_NOW.test(error.message)) return error;
  return new RedisUnavailable(error);
}

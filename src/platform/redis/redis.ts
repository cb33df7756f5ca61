import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { monotonicMs } from '../../common/clock';
import { parseRedisUrls, type RedisTarget } from '../../config/urls';
import { Unavailable } from '../../common/errors';
import type { Logger } from '../observability/logger';
import type { SpanOptions } from '../observability/traces/span';
import { NO_TRACES, type Tracer } from '../observability/traces/tracer';
import { ReconnectLimit } from '../reconnect-limit';
import { redisErrorKind } from './errors';
import { watchDatabase, watchReplies } from './lost-replies';

export { Redis };

const SLOTS_REFRESH_MS = 2000;
/** How long a connection that is given up may take to end. One that is gone already takes all of it, and keeps its process alive. */
const END_MS = 100;

/** Redis could not be reached: no connection, or no answer in time. */
export class RedisUnavailable extends Unavailable {
  constructor(override readonly cause: unknown) {
    super('This service');
  }
}

const retryAfterMs = (attempt: number): number => Math.min(50 * attempt, 500);

/**
 * A connection that fails fast: nothing queues up in memory while Redis is away. It is given up for a new one when the
 * server says that it is no master, as after a failover: the new one finds the master by DNS or proxy. In a Redis
 * Cluster, the replies of the nodes lead there.
 * @param urls one URL, several of a Redis Cluster's nodes (`,` between them), which answers to the same commands, or one
 * with sentinels (config/urls.ts)
 * @param onGivenUp called with the error because of which the connection is given up
 */
export function connectRedis(urls: string, timeoutMs: number, onGivenUp?: (error: Error) => void): Redis {
  const common = { lazyConnect: true, enableOfflineQueue: false, enableAutoPipelining: true };
  const node = {
    commandTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    disconnectTimeout: END_MS,
    socketTimeout: 2 * timeoutMs, // a connection whose other end is gone without a word is given up
    maxRetriesPerRequest: 0,
  };
  const { nodes, sentinel, username, password, db, tls } = parseRedisUrls(urls);
  const access = {
    ...(password === '' ? {} : { username: username || 'default', password }),
    ...(tls ? { tls: {} } : {}),
  };
  const [first, ...others] = nodes;
  if (first !== undefined && (others.length === 0 || sentinel !== undefined)) {
    const reconnects = new ReconnectLimit();
    const where = sentinel === undefined ? first : bySentinels(nodes, sentinel, tls, timeoutMs);
    const redis = new Redis({
      ...where,
      db,
      ...access,
      ...common,
      ...node,
      retryStrategy: retryAfterMs,
      enableReadyCheck: false, // it would wait on this connection for a replica that loads, perhaps for minutes
      reconnectOnError: (error) => {
        if (redisErrorKind(error) !== 'demoted' || !reconnects.allow()) return false;
        onGivenUp?.(error);
        return true;
      },
    });
    watchReplies(redis, timeoutMs, onGivenUp);
    watchDatabase(redis, onGivenUp);
    return redis;
  }
  const cluster = new Cluster(nodes, {
    ...common,
    clusterRetryStrategy: retryAfterMs,
    slotsRefreshTimeout: timeoutMs,
    slotsRefreshInterval: SLOTS_REFRESH_MS, // a failover is noticed also by who does not ask the node that failed
    maxRedirections: 4, // 100 ms each: what a failover takes is for the caller to wait
    redisOptions: { ...node, ...access },
  });
  return cluster as unknown as Redis; // one type for a single Redis and a cluster
}

/** Each connection learns the master from the sentinels. A connection to a demoted server is given up like any other. */
function bySentinels(
  sentinels: RedisTarget['nodes'],
  { master, username, password }: NonNullable<RedisTarget['sentinel']>,
  tls: boolean,
  timeoutMs: number,
) {
  return {
    sentinels,
    name: master,
    role: 'master' as const,
    updateSentinels: false,
    ...(password === '' ? {} : { sentinelPassword: password }),
    ...(username === '' ? {} : { sentinelUsername: username }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    sentinelCommandTimeout: timeoutMs,
    sentinelRetryStrategy: retryAfterMs,
  } satisfies RedisOptions;
}

/** Every Redis master, for commands that must go to all of them. */
export function mastersOf(redis: Redis): Redis[] {
  const one: unknown = redis;
  return one instanceof Cluster ? one.nodes('master') : [redis];
}

/**
 * Resolves when it is connected, or when the first attempt has failed: then it goes on in the background, without end.
 * (With sentinels, `connect` alone would wait until one of them names a master.)
 */
export async function connectOrRetry(redis: Redis): Promise<void> {
  const failed = new Promise<void>((resolve) => {
    redis.once('error', () => resolve());
  });
  await Promise.race([redis.connect().catch(() => undefined), failed]);
}

/** Connects like `connectOrRetry`, and logs when the connection is lost and when it is back. */
export async function followRedis(redis: Redis, logger: Logger): Promise<void> {
  let down = false;
  redis.on('error', (err) => {
    if (!down) logger.warn({ err }, 'redis is not reachable, will retry');
    down = true;
  });
  redis.on('ready', () => {
    if (down) logger.info('redis is back');
    down = false;
  });
  await connectOrRetry(redis);
}

const INCLUDE = /^-- @include (\S+)$/gm;

/** The text of a Lua file with its `-- @include name.lua` lines replaced by those files, or by others instead. */
function readScript(path: string, instead: Readonly<Record<string, string>>): string {
  return readFileSync(path, 'utf8').replace(INCLUDE, (_line, name: string) =>
    readScript(join(dirname(path), dirname(name), instead[basename(name)] ?? basename(name)), instead),
  );
}

export type ScriptArgument = string | number | Buffer;
export type Script = (keys: string[], args: ScriptArgument[]) => Promise<unknown>;
type Command = (...args: ScriptArgument[]) => Promise<unknown>;

export interface ScriptOptions {
  /** `buffers`: strings of its replies come as they are, undecoded. */
  replies?: 'strings' | 'buffers';
  /** Included file → the file that is included instead. */
  instead?: Readonly<Record<string, string>>;
  /** Gives each call a span. */
  tracer?: Tracer;
}

/**
 * Loads `<name>-<number of keys>.lua` as a command.
 * The returned function throws RedisUnavailable when Redis cannot be reached, and plain errors for errors of the script.
 */
export function loadScript(
  redis: Redis,
  path: string,
  observe: (seconds: number) => void,
  { replies = 'strings', instead = {}, tracer = NO_TRACES }: ScriptOptions = {},
): Script {
  const [, name, keyCount] = /^([a-z-]+)-(\d+)$/.exec(basename(path)) ?? [];
  if (name === undefined) throw new Error(`${path} is not named <name>-<number of keys>`);
  const defined = `script:${name}`; // the plain name may be a command of Redis
  redis.defineCommand(defined, { numberOfKeys: Number(keyCount), lua: readScript(`${path}.lua`, instead) });
  // A call of ours is a batch already. An automatic pipeline takes over the commands of all scripts, and waits for the
  // pipeline before.
  const { autoPipeliningIgnoredCommands: sentAtOnce = [] } = redis.options;
  if (!sentAtOnce.includes(defined)) sentAtOnce.push(defined);
  const commands = redis as unknown as Record<string, Command | undefined>;
  const command = commands[replies === 'buffers' ? `${defined}Buffer` : defined];
  if (command === undefined) throw new Error(`${path} was not defined`);
  const attributes = {
    'db.system.name': 'redis',
    'db.operation.name': 'EVALSHA',
    'db.stored_procedure.name': name,
  };
  const options: SpanOptions = { kind: 'client', attributes };
  const call: Script = async (keys, args) => {
    const startedAtMs = monotonicMs();
    try {
      return await command.call(redis, ...keys, ...args);
    } catch (error) {
      throw translate(error);
    } finally {
      observe((monotonicMs() - startedAtMs) / 1000);
    }
  };
  return (keys, args) => tracer.run(`script ${name}`, options, () => call(keys, args));
}

/** Turns errors that say "not now" into RedisUnavailable; leaves the others (bugs) alone. */
function translate(error: unknown): unknown {
  return redisErrorKind(error) === 'mistake' ? error : new RedisUnavailable(error);
}

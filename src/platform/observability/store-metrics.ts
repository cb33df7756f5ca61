import type { SqlExecutor } from '../database/database';
import type { KafkaLag } from '../kafka';
import type { Logger } from './logger';
import { PeriodicTask } from '../../common/periodic-task';
import type { Metrics } from './metrics';
import type { Description, Readings } from './readings';
import { mastersOf, type Redis } from '../redis/redis';
import { evictionOf, isUnsafe, parseInfo } from '../redis/eviction';
import type { RedisEvictionLog } from '../redis/eviction-log';

const EVERY_MS = 5_000;
const MS_PER_SECOND = 1000;

const gauge = (name: string, help: string): Description => ({ name, help, type: 'gauge' });
const counter = (name: string, help: string): Description => ({ name, help, type: 'counter' });

/** By the server's name of the status variable; `per`: how many of its unit make one of ours. */
const MARIADB: Record<string, Description & { per?: number }> = {
  THREADS_CONNECTED: gauge('concert_mariadb_threads_connected', 'Connections that are open'),
  THREADS_RUNNING: gauge('concert_mariadb_threads_running', 'Connections that are at work'),
  MAX_CONNECTIONS: gauge('concert_mariadb_max_connections', 'Most connections that the server allows'),
  QUERIES: counter('concert_mariadb_queries_total', 'Statements executed'),
  INNODB_ROW_LOCK_WAITS: counter(
    'concert_mariadb_row_lock_waits_total',
    'Times that a row lock was waited for',
  ),
  INNODB_ROW_LOCK_TIME: {
    ...counter('concert_mariadb_row_lock_time_seconds_total', 'Time that row locks were waited for'),
    per: MS_PER_SECOND,
  },
  INNODB_BUFFER_POOL_READS: counter('concert_mariadb_buffer_pool_reads_total', 'Pages read from disk'),
  INNODB_BUFFER_POOL_READ_REQUESTS: counter(
    'concert_mariadb_buffer_pool_read_requests_total',
    'Pages asked for',
  ),
  BYTES_RECEIVED: counter('concert_mariadb_received_bytes_total', 'Bytes received from all clients'),
  BYTES_SENT: counter('concert_mariadb_sent_bytes_total', 'Bytes sent to all clients'),
};

const NAMES = Object.keys(MARIADB)
  .map((name) => `'${name}'`)
  .join(', ');

/** Needs no rights. */
const STATUS = `
  SELECT variable_name AS name, CAST(variable_value AS DOUBLE) AS value
    FROM information_schema.global_status
   WHERE variable_name IN (${NAMES})
   UNION ALL SELECT 'MAX_CONNECTIONS', @@GLOBAL.max_connections`;

/** From the text of INFO; summed over the masters of a cluster. */
const REDIS: (Description & { of: (info: Map<string, string>) => number })[] = [
  {
    ...gauge('concert_redis_used_memory_bytes', 'Memory in use'),
    of: (info) => Number(info.get('used_memory')),
  },
  {
    ...gauge('concert_redis_connected_clients', 'Connections that are open'),
    of: (info) => Number(info.get('connected_clients')),
  },
  {
    ...counter('concert_redis_commands_total', 'Commands executed'),
    of: (info) => Number(info.get('total_commands_processed')),
  },
  {
    ...counter('concert_redis_cpu_seconds_total', 'CPU time used'),
    of: (info) => Number(info.get('used_cpu_sys')) + Number(info.get('used_cpu_user')),
  },
  { ...gauge('concert_redis_keys', 'Keys in all databases'), of: (info) => keysOf(info) },
  {
    ...gauge('concert_redis_unsafe_eviction_policies', 'Masters whose maxmemory-policy is not noeviction'),
    of: (info) => (isUnsafe({ policy: info.get('maxmemory_policy') }) ? 1 : 0),
  },
  {
    ...counter('concert_redis_evicted_keys_total', 'Keys that Redis has thrown away to make room'),
    of: (info) => Number(info.get('evicted_keys')),
  },
];
const SECTIONS = ['memory', 'clients', 'stats', 'cpu', 'keyspace'];

/** db0:keys=3,expires=1,avg_ttl=0 */
const keysOf = (info: Map<string, string>): number =>
  [...info]
    .filter(([name]) => /^db\d+$/.test(name))
    .reduce((sum, [, value]) => sum + Number(/keys=(\d+)/.exec(value)?.[1] ?? 0), 0);

interface Store {
  name: string;
  readings: Readings[];
  read: () => Promise<void>;
}

/** What the stores report about themselves, every few seconds. A store that cannot be reached exports nothing. */
export class StoreMetrics {
  private readonly loops: PeriodicTask[];

  constructor(
    database: SqlExecutor,
    redis: Redis,
    evictionLog: RedisEvictionLog,
    private readonly lag: KafkaLag | undefined,
    metrics: Metrics,
    logger: Logger,
    everyMs = EVERY_MS,
  ) {
    const stores = [mariadb(database, metrics), ofRedis(redis, evictionLog, metrics)];
    if (lag !== undefined) stores.push(kafka(lag, metrics));
    // Apart from each other: one that does not answer holds up none.
    this.loops = stores.map(
      (store) => new PeriodicTask(`metrics of ${store.name}`, everyMs, () => readOrForget(store), logger),
    );
  }

  start(): void {
    for (const loop of this.loops) loop.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
    await this.lag?.close();
  }
}

async function readOrForget({ readings, read }: Store): Promise<void> {
  try {
    await read();
  } catch (error) {
    for (const reading of readings) reading.forget();
    throw error;
  }
}

function mariadb(database: SqlExecutor, metrics: Metrics): Store {
  const readings = new Map(
    Object.entries(MARIADB).map(([name, number]) => [name, metrics.readings(number)] as const),
  );
  const read = async (): Promise<void> => {
    for (const { name, value } of await database.query<{ name: string; value: number }>(STATUS))
      readings.get(name)?.set(value / (MARIADB[name]?.per ?? 1));
  };
  return { name: 'MariaDB', readings: [...readings.values()], read };
}

function ofRedis(redis: Redis, evictionLog: RedisEvictionLog, metrics: Metrics): Store {
  const readings = REDIS.map((number) => metrics.readings(number));
  const read = async (): Promise<void> => {
    const masters = mastersOf(redis);
    if (masters.length === 0) throw new Error('no master of the cluster is known');
    const infos = (await Promise.all(masters.map((master) => master.info(...SECTIONS)))).map(parseInfo);
    REDIS.forEach(({ of }, i) => readings[i]?.set(infos.reduce((sum, info) => sum + of(info), 0)));
    evictionLog.judge(masters.map((master, i) => evictionOf(master, infos[i] ?? new Map<string, string>())));
  };
  return { name: 'Redis', readings, read };
}

function kafka(lag: KafkaLag, metrics: Metrics): Store {
  const reading = metrics.readings(
    gauge('concert_kafka_consumer_lag', 'Messages of a topic that its consumers have not done yet'),
  );
  const read = async (): Promise<void> => {
    const byTopic = [...(await lag.measure())];
    reading.setAll(byTopic.map(([topic, value]) => ({ labels: { topic }, value })));
  };
  return { name: 'Kafka', readings: [reading], read };
}

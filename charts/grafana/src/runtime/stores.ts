import type { Row } from '../lib/dashboard.ts';
import { graph } from '../lib/panels.ts';
import { of, orNone, prom, quantile, rate } from '../lib/prometheus.ts';

/** Every worker tells the same of a server, so they are not added up. */
const told = (metric: string): string => `max(${of(metric)})`;
const toldRate = (metric: string): string => `max(${rate(metric)})`;

export const database: Row = {
  title: 'Database pool and MariaDB',
  panels: [
    graph(
      {
        title: 'Pool',
        description:
          'Connections open and in use, and requests that wait for one (DatabasePoolExhausted), all processes.',
        unit: 'short',
      },
      prom(`sum by (state) (${of('concert_database_pool_connections')})`, '{{state}}'),
    ),
    graph(
      {
        title: 'Waiting for a connection',
        description: 'By process. Above zero for long: the pool is too small or the database too slow.',
        unit: 'short',
        bad: 1,
      },
      prom(of('concert_database_pool_connections', 'state="waiting"'), '{{job}} {{instance}}'),
    ),
    graph(
      {
        title: 'Connections',
        description: 'Of the server, against its limit: all pools together must stay below.',
        unit: 'short',
      },
      prom(told('concert_mariadb_threads_connected'), 'connected'),
      prom(told('concert_mariadb_threads_running'), 'running'),
      prom(told('concert_mariadb_max_connections'), 'limit'),
    ),
    graph(
      {
        title: 'Statements',
        description: 'Statements a second that the server ran, of all its clients.',
        unit: 'cps',
      },
      prom(toldRate('concert_mariadb_queries_total'), 'statements'),
    ),
    graph(
      {
        title: 'Row lock waits',
        description: 'How often a second one transaction waits for another’s row: many buyers want one seat.',
        unit: 'cps',
      },
      prom(toldRate('concert_mariadb_row_lock_waits_total'), 'waits'),
    ),
    graph(
      {
        title: 'Time in row locks',
        description: 'Seconds a second that transactions wait for rows, all together.',
        unit: 'short',
      },
      prom(toldRate('concert_mariadb_row_lock_time_seconds_total'), 'waiting'),
    ),
    graph(
      {
        title: 'Buffer pool hits',
        description: 'Share of page reads answered from memory. Below 0.99: the buffer pool is too small.',
        unit: 'percentunit',
        max: 1,
      },
      prom(
        `1 - ${toldRate('concert_mariadb_buffer_pool_reads_total')} / (${toldRate('concert_mariadb_buffer_pool_read_requests_total')} > 0)`,
        'hits',
      ),
    ),
    graph(
      { title: 'Traffic', description: 'Bytes a second into and out of the server.', unit: 'Bps' },
      prom(toldRate('concert_mariadb_received_bytes_total'), 'in'),
      prom(toldRate('concert_mariadb_sent_bytes_total'), 'out'),
    ),
  ],
};

export const redis: Row = {
  title: 'Redis',
  panels: [
    graph(
      {
        title: 'Scripts: p99',
        description: 'Time of the waiting room’s scripts as seen from the processes, network included.',
        unit: 's',
      },
      prom(quantile(0.99, 'concert_redis_command_duration_seconds', 'script'), '{{script}}'),
    ),
    graph(
      {
        title: 'Scripts',
        description: 'Calls a second by script. Polls call none: they are answered from the snapshot.',
        unit: 'cps',
      },
      prom(`sum by (script) (${rate('concert_redis_command_duration_seconds_count')})`, '{{script}}'),
    ),
    graph(
      { title: 'Commands', description: 'Of the server, by all its clients.', unit: 'cps' },
      prom(toldRate('concert_redis_commands_total'), 'commands'),
    ),
    graph(
      {
        title: 'CPU',
        description: 'Cores in use by Redis. It runs commands on one: at 1 it is full.',
        unit: 'short',
        bad: 0.8,
      },
      prom(toldRate('concert_redis_cpu_seconds_total'), 'CPU'),
    ),
    graph(
      {
        title: 'Memory',
        description: 'Used by Redis. A million waiters need some hundred megabytes.',
        unit: 'bytes',
      },
      prom(told('concert_redis_used_memory_bytes'), 'used'),
    ),
    graph(
      { title: 'Keys', description: 'Keys in Redis; each user in line has one.', unit: 'short' },
      prom(told('concert_redis_keys'), 'keys'),
    ),
    graph(
      {
        title: 'Eviction',
        description:
          'Masters whose maxmemory-policy is not noeviction (RedisEvictionPolicy), and keys thrown away a second (RedisKeysEvicted). Anything but 0: users lose sessions and places.',
        unit: 'short',
        bad: 1,
      },
      prom(told('concert_redis_unsafe_eviction_policies'), 'masters that may evict'),
      prom(toldRate('concert_redis_evicted_keys_total'), 'keys evicted'),
    ),
    graph(
      { title: 'Clients', description: 'Connections to Redis: two or so a process.', unit: 'short' },
      prom(told('concert_redis_connected_clients'), 'clients'),
    ),
  ],
};

export const kafka: Row = {
  title: 'Kafka',
  panels: [
    graph(
      {
        title: 'Consumer lag',
        description:
          'Events in a topic that the notifier has not yet handled. Without KAFKA_BROKERS there is no lag: 0.',
        unit: 'short',
        width: 24,
      },
      prom(orNone(`max by (topic) (${of('concert_kafka_consumer_lag')})`), '{{topic}}'),
    ),
  ],
};

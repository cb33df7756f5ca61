import type { Row } from '../lib/dashboard.ts';
import { graph } from '../lib/panels.ts';
import { of, orNone, prom, quantile, rate } from '../lib/prometheus.ts';

/** Every worker reports the same value of a server, so that the maximum is taken. */
const reported = (metric: string): string => `max(${of(metric)})`;
const reportedRate = (metric: string): string => `max(${rate(metric)})`;

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
        description: 'By process. If it stays above zero, the pool is too small or the database too slow.',
        unit: 'short',
        bad: 1,
      },
      prom(of('concert_database_pool_connections', 'state="waiting"'), '{{job}} {{instance}}'),
    ),
    graph(
      {
        title: 'Connections',
        description: 'Connections of the server and its limit. The sum of all pools must stay below.',
        unit: 'short',
      },
      prom(reported('concert_mariadb_threads_connected'), 'connected'),
      prom(reported('concert_mariadb_threads_running'), 'running'),
      prom(reported('concert_mariadb_max_connections'), 'limit'),
    ),
    graph(
      {
        title: 'Statements',
        description: 'Statements per second of all clients of the server.',
        unit: 'cps',
      },
      prom(reportedRate('concert_mariadb_queries_total'), 'statements'),
    ),
    graph(
      {
        title: 'Row lock waits',
        description: 'Waits for a row lock per second. They rise when many users want one seat.',
        unit: 'cps',
      },
      prom(reportedRate('concert_mariadb_row_lock_waits_total'), 'waits'),
    ),
    graph(
      {
        title: 'Time in row locks',
        description: 'Seconds per second that all transactions together wait for row locks.',
        unit: 'short',
      },
      prom(reportedRate('concert_mariadb_row_lock_time_seconds_total'), 'waiting'),
    ),
    graph(
      {
        title: 'Buffer pool hits',
        description: 'Share of page reads answered from memory. Below 0.99 the buffer pool is too small.',
        unit: 'percentunit',
        max: 1,
      },
      prom(
        `1 - ${reportedRate('concert_mariadb_buffer_pool_reads_total')} / (${reportedRate('concert_mariadb_buffer_pool_read_requests_total')} > 0)`,
        'hits',
      ),
    ),
    graph(
      { title: 'Traffic', description: 'Bytes per second into and out of the server.', unit: 'Bps' },
      prom(reportedRate('concert_mariadb_received_bytes_total'), 'in'),
      prom(reportedRate('concert_mariadb_sent_bytes_total'), 'out'),
    ),
  ],
};

export const redis: Row = {
  title: 'Redis',
  panels: [
    graph(
      {
        title: 'Scripts: p99',
        description: 'Duration of the scripts of the waiting room as measured by the processes, with the network.',
        unit: 's',
      },
      prom(quantile(0.99, 'concert_redis_command_duration_seconds', 'script'), '{{script}}'),
    ),
    graph(
      {
        title: 'Scripts',
        description: 'Calls per second by script. Polls call none, because they are answered from the snapshot.',
        unit: 'cps',
      },
      prom(`sum by (script) (${rate('concert_redis_command_duration_seconds_count')})`, '{{script}}'),
    ),
    graph(
      { title: 'Commands', description: 'Commands per second of all clients of the server.', unit: 'cps' },
      prom(reportedRate('concert_redis_commands_total'), 'commands'),
    ),
    graph(
      {
        title: 'CPU',
        description: 'Cores in use by Redis. Redis runs commands on one core, so that 1 is its limit.',
        unit: 'short',
        bad: 0.8,
      },
      prom(reportedRate('concert_redis_cpu_seconds_total'), 'CPU'),
    ),
    graph(
      {
        title: 'Memory',
        description: 'Memory used by Redis. A million waiting users need about 62 MB.',
        unit: 'bytes',
      },
      prom(reported('concert_redis_used_memory_bytes'), 'used'),
    ),
    graph(
      { title: 'Keys', description: 'Keys in Redis: one for each hundred users with an entry, and some for each queue.', unit: 'short' },
      prom(reported('concert_redis_keys'), 'keys'),
    ),
    graph(
      {
        title: 'Eviction',
        description:
          'Masters whose maxmemory-policy is not noeviction (RedisEvictionPolicy), and keys evicted per second (RedisKeysEvicted). Above 0 users lose sessions and entries.',
        unit: 'short',
        bad: 1,
      },
      prom(reported('concert_redis_unsafe_eviction_policies'), 'masters that may evict'),
      prom(reportedRate('concert_redis_evicted_keys_total'), 'keys evicted'),
    ),
    graph(
      { title: 'Clients', description: 'Connections to Redis: one per process, in a Redis Cluster one per process and node.', unit: 'short' },
      prom(reported('concert_redis_connected_clients'), 'clients'),
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
          'Events in a topic that the consumer has not yet handled. Without KAFKA_BROKERS the lag is 0.',
        unit: 'short',
        width: 24,
      },
      prom(orNone(`max by (topic) (${of('concert_kafka_consumer_lag')})`), '{{topic}}'),
    ),
  ],
};

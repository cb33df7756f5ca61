import type { Express } from 'express';
import type { DependencyContainer } from 'tsyringe';
import { createApps } from './app';
import { type Phase, Phases } from './common/lifecycle';
import { CONFIG, type Config } from './config/config';
import { createContainer } from './container';
import { HttpMetrics } from './http/metrics';
import { HttpServer } from './http/server';
import { Breakers } from './modules/operations/breakers';
import { Batchers } from './platform/database/batch/batchers';
import { Database } from './platform/database/database';
import { LOGGER, type Logger } from './platform/observability/logger';
import { ProcessMetrics } from './platform/observability/process-metrics';
import { Tracer } from './platform/observability/traces/tracer';
import { followRedis, Redis } from './platform/redis/redis';
import { background } from './startup/background';
import { listening } from './startup/listening';
import { type Readiness, readiness } from './startup/readiness';
import { checkRedis, refusalOf, type ServerMismatch } from './startup/server-checks';

/** Longest wait for the collector at the end: a process that has to stop is killed if it takes long. */
const TRACES_STOP_MS = 2_000;

export interface RunningService {
  port: number;
  /** Where it is not `port`. */
  managementPort: number | undefined;
  container: DependencyContainer;
  proved: Readiness['proved'];
  stop(): Promise<void>;
}

/**
 * Starts one process of the product in its role; resolves when it listens.
 * @throws ServerMismatch for an address that it cannot listen on, or a Redis that refuses
 */
export async function startService(config: Config): Promise<RunningService> {
  const container = createContainer(config);
  const logger = container.resolve<Logger>(LOGGER);
  const metrics = container.resolve(HttpMetrics);
  const apps = createApps(container);
  const serverOn = (port: number, app: Express): HttpServer =>
    new HttpServer(app, {
      host: config.HOST,
      port,
      requestMs: config.HTTP_REQUEST_TIMEOUT_MS,
      idleMs: config.HTTP_SOCKET_TIMEOUT_MS,
      maxConnections: config.HTTP_MAX_CONNECTIONS,
      onDrop: () => metrics.connectionsDropped.inc(),
      graceMs: config.SHUTDOWN_GRACE_MS,
    });
  const http = serverOn(config.PORT, apps.main);
  const management = apps.management && serverOn(config.MANAGEMENT_PORT ?? 0, apps.management);
  if (config.NODE_ENV === 'production' && management === undefined)
    logger.warn('MANAGEMENT_PORT is empty: metrics and documents are served nowhere');
  const ready = readiness(container);
  const phases = new Phases(
    [
      ...foundation(container),
      ...(management ? [listening('MANAGEMENT_PORT', management, config)] : []), // metrics are served while the rest stops
      listening('PORT', http, config),
      ...background(container),
      ready.phase,
    ],
    logger,
  );
  try {
    await phases.start();
  } catch (error) {
    await phases.stop();
    throw error;
  }
  const ports = { port: http.port, managementPort: management?.port };
  logger.info(ports, 'listening');
  return { ...ports, container, proved: ready.proved, stop: () => phases.stop() };
}

/** What everything else depends on. */
function foundation(container: DependencyContainer): Phase[] {
  const logger = container.resolve<Logger>(LOGGER);
  const database = container.resolve(Database);
  const redis = container.resolve(Redis);
  const metrics = container.resolve(ProcessMetrics);
  const breakers = container.resolve(Breakers);
  const tracer = container.resolve(Tracer);
  return [
    // Last of all: what stops before it may still end spans.
    { name: 'traces', start: () => tracer.start(logger), stop: () => tracer.stop(TRACES_STOP_MS) },
    { name: 'breakers', stop: () => breakers.shutdown() },
    {
      name: 'database',
      start: () => metrics.followPool(() => database.pool),
      stop: () => database.close(),
    },
    { name: 'batches', stop: () => container.resolve(Batchers).close() },
    {
      name: 'redis',
      start: () => meetRedis(redis, container.resolve<Config>(CONFIG), logger),
      stop: () => redis.disconnect(),
    },
    {
      name: 'runtime metrics',
      start: () => {
        metrics.followRuntime();
        metrics.showCpuRequest(container.resolve<Config>(CONFIG).POD_CPU_REQUEST_MILLICORES);
      },
    },
  ];
}

/** Nothing is written before the database's index is known to be right. A Redis that is away proves it later. */
async function meetRedis(redis: Redis, { REDIS_URL }: Config, logger: Logger): Promise<void> {
  let refusal: ServerMismatch | undefined;
  const notice = (error: unknown): void => {
    refusal = refusalOf(error) ?? refusal;
  };
  redis.on('error', notice);
  await followRedis(redis, logger);
  await checkRedis(redis, REDIS_URL).catch(notice);
  redis.off('error', notice);
  if (refusal !== undefined) throw refusal;
}

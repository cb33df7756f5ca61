import type { DependencyContainer } from 'tsyringe';
import { createApp } from './app';
import { CONFIG, type Config } from './config/config';
import { createContainer } from './container';
import { Health } from './modules/operations/health';
import { HttpMetrics } from './http/metrics';
import { type Handlers, HttpServer } from './http/server';
import { Breakers } from './platform/circuit-breaker/breakers';
import { Database } from './platform/database/database';
import { DatabaseContact } from './platform/database/contact';
import { createClient, KafkaLag } from './platform/kafka';
import { LOGGER, type Logger } from './platform/observability/logger';
import { PeriodicTask, type Turn } from './common/periodic-task';
import { Metrics } from './platform/observability/metrics';
import { ProcessMetrics } from './platform/observability/process-metrics';
import { followRedis, Redis } from './platform/redis/redis';
import { RedisEvictionLog } from './platform/redis/eviction-log';
import { StoreMetrics } from './platform/observability/store-metrics';
import { type Phase, Phases } from './common/lifecycle';
import { IdempotencyRepository } from './modules/idempotency/repository';
import { InvariantMonitor } from './modules/invariants/monitor';
import { Topics } from './modules/outbox/topics';
import { NotificationWorker } from './modules/notifications/worker';
import { LoadMonitor } from './modules/waiting-room/admission/load-monitor';
import { QueueStreams } from './modules/waiting-room/streams/streams';
import { SessionReconciler } from './modules/waiting-room/state/session-reconciler';
import { WaitingRoomRegistry } from './modules/waiting-room/registry';
import { UserDirectory } from './modules/accounts/directory';
import { HoldExpiryJob } from './modules/orders/hold-expiry-job';
import { checkDatabase, checkRedis, refusalOf, ServerMismatch } from './config/server-checks';

const FORGET_KEYS_EVERY_MS = 10_000;
const LEARN_MEMBERS_EVERY_MS = 10_000;
/** How soon presence seen by this process counts everywhere. */
const TELL_EVERY_MS = 1000;
/** How often processes report and one of them decides how far the door is open. */
const STEER_EVERY_MS = 1000;
/** How soon a session follows a payment or hold whose process could not say so. */
const RECONCILE_EVERY_MS = 1000;
const STARTING_RETRY_MS = 250;
const ASK_DATABASE_EVERY_MS = 500;

export interface RunningService {
  port: number;
  /** Where it is not `port`. */
  managementPort: number | undefined;
  container: DependencyContainer;
  /** Resolves when it has met its stores: undefined, it is ready; else the variable that a store has proved wrong. */
  proved: Promise<ServerMismatch | undefined>;
  stop(): Promise<void>;
}

/**
 * Starts one process of the product in its role; resolves when it listens.
 * @throws WrongSetting for an address that it cannot listen on, or a Redis that refuses
 */
export async function startService(config: Config): Promise<RunningService> {
  const container = createContainer(config);
  const logger = container.resolve<Logger>(LOGGER);
  const metrics = container.resolve(HttpMetrics);
  const app = createApp(container);
  const serverOn = (port: number, handlers: Handlers): HttpServer =>
    new HttpServer(handlers, {
      host: config.HOST,
      port,
      requestMs: config.HTTP_REQUEST_TIMEOUT_MS,
      idleMs: config.HTTP_SOCKET_TIMEOUT_MS,
      maxConnections: config.HTTP_MAX_CONNECTIONS,
      onDrop: () => metrics.connectionsDropped.inc(),
      graceMs: config.SHUTDOWN_GRACE_MS,
    });
  const http = serverOn(config.PORT, app.main);
  const management = app.management && serverOn(config.MANAGEMENT_PORT ?? 0, app.management);
  if (config.NODE_ENV === 'production' && management === undefined)
    logger.warn('MANAGEMENT_PORT is empty: metrics and documents are served nowhere');
  const ready = readiness(container);
  const phases = new Phases(
    [
      ...foundation(container),
      ...(management ? [listening('MANAGEMENT_PORT', management, config)] : []), // metrics are told while the rest stops
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

const LISTEN_ERRORS: Record<string, string | undefined> = {
  EADDRINUSE: 'is in use by another program',
  EACCES: 'must not be opened by this account',
};

const listening = (variable: 'PORT' | 'MANAGEMENT_PORT', server: HttpServer, config: Config): Phase => ({
  name: variable,
  start: () =>
    server.listen().catch((error: unknown) => {
      const { code = '', message } = error as NodeJS.ErrnoException;
      const why = LISTEN_ERRORS[code];
      throw why === undefined
        ? new ServerMismatch('HOST', `"${config.HOST}" cannot be listened on: ${message}`)
        : new ServerMismatch(variable, `${config[variable] ?? ''} ${why} (${code})`);
    }),
  stop: () => server.close(),
});

/** What everything else leans on. */
function foundation(container: DependencyContainer): Phase[] {
  const logger = container.resolve<Logger>(LOGGER);
  const database = container.resolve(Database);
  const redis = container.resolve(Redis);
  const metrics = container.resolve(ProcessMetrics);
  const breakers = container.resolve(Breakers);
  return [
    { name: 'breakers', stop: () => breakers.shutdown() },
    {
      name: 'database',
      start: () => metrics.followPool(() => database.pool),
      stop: () => database.close(),
    },
    {
      name: 'redis',
      start: () => meetRedis(redis, container.resolve<Config>(CONFIG), logger),
      stop: () => redis.disconnect(),
    },
    { name: 'runtime metrics', start: () => metrics.followRuntime() },
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

/** The loops of the role. Every role ticks: admission goes on while any process lives. */
function background(container: DependencyContainer): Phase[] {
  const config = container.resolve<Config>(CONFIG);
  const logger = container.resolve<Logger>(LOGGER);
  const rooms = container.resolve(WaitingRoomRegistry);
  const breakers = container.resolve(Breakers);

  const loop = (name: string, pauseMs: number, turn: Turn): Phase => {
    const it = new PeriodicTask(name, pauseMs, turn, logger);
    return { name, start: () => it.start(), stop: () => it.stop() };
  };
  const phases = rooms.all.flatMap((room): Phase[] => [
    { name: `progress of ${room.queueId}`, stop: () => room.save() },
    { name: `last marks of ${room.queueId}`, stop: () => room.flushPresence() },
    loop(`snapshot of ${room.queueId}`, config.QUEUE_SNAPSHOT_INTERVAL_MS, async () => {
      await room.refresh();
      breakers.queue.close(); // Redis answers: no need to wait for trials
    }),
    loop(`presence in ${room.queueId}`, TELL_EVERY_MS, () => room.flushPresence()),
    loop(`admission to ${room.queueId}`, config.QUEUE_ADMISSION_INTERVAL_MS, () =>
      breakers.queue.run(() => room.tick()),
    ),
  ]);
  const lateMs = config.DATABASE_ACQUIRE_TIMEOUT_MS + config.DATABASE_TIMEOUT_MS + 2 * ASK_DATABASE_EVERY_MS;
  const contact = new DatabaseContact(container.resolve(Database), breakers.concert, lateMs);
  phases.push(loop('contact with the database', ASK_DATABASE_EVERY_MS, () => contact.ask()));
  if (config.ROLE !== 'worker') {
    const members = container.resolve(UserDirectory);
    const events = container.resolve(QueueStreams);
    const load = container.resolve(LoadMonitor);
    phases.push(
      { name: 'load', start: () => load.start(), stop: () => load.stop() },
      loop('steering', STEER_EVERY_MS, async () => {
        const signals = load.drain();
        await Promise.all(rooms.all.map((room) => room.coordinateAdmission(signals)));
      }),
      loop('members', LEARN_MEMBERS_EVERY_MS, () => members.learnMore()),
      { name: 'queue events', start: () => events.start(), stop: () => events.stop() },
    );
  }
  if (config.ROLE !== 'api') {
    const sweeper = container.resolve(HoldExpiryJob);
    const sessions = container.resolve(SessionReconciler);
    const keys = container.resolve(IdempotencyRepository);
    const notifications = container.resolve(NotificationWorker);
    const watch = container.resolve(InvariantMonitor);
    const stores = storeMetrics(container);
    phases.push(
      { name: 'notifications', start: () => notifications.start(), stop: () => notifications.stop() },
      loop('hold sweeper', config.HOLD_EXPIRY_INTERVAL_MS, () => sweeper.sweep()),
      loop('sessions of what is committed', RECONCILE_EVERY_MS, () => sessions.turn()),
      { name: 'watch over the invariants', start: () => watch.start(), stop: () => watch.stop() },
      { name: 'metrics of the stores', start: () => stores.start(), stop: () => stores.stop() },
      loop('idempotency keys', FORGET_KEYS_EVERY_MS, () => keys.forgetOlderThan(config.IDEMPOTENCY_HOURS)),
    );
  }
  return phases;
}

function storeMetrics(container: DependencyContainer): StoreMetrics {
  const { KAFKA_BROKERS: brokers } = container.resolve<Config>(CONFIG);
  const logger = container.resolve<Logger>(LOGGER);
  const lag =
    brokers === ''
      ? undefined
      : new KafkaLag(createClient({ brokers }, logger), Object.values(new Topics().groups));
  return new StoreMetrics(
    container.resolve(Database),
    container.resolve(Redis),
    container.resolve(RedisEvictionLog),
    lag,
    container.resolve(Metrics),
    logger,
  );
}

/** The last to start and the first to stop: load balancers learn of it before anything else changes. */
function readiness(container: DependencyContainer): Pick<RunningService, 'proved'> & { phase: Phase } {
  const config = container.resolve<Config>(CONFIG);
  const health = container.resolve(Health);
  const logger = container.resolve<Logger>(LOGGER);
  const database = container.resolve(Database);
  const redis = container.resolve(Redis);
  let end: (wrong?: ServerMismatch) => void = () => undefined;
  const proved = new Promise<ServerMismatch | undefined>((resolve) => (end = resolve));
  const notice = (error: unknown): void => {
    const refusal = refusalOf(error);
    if (refusal !== undefined) end(refusal);
  };
  const waitForDependencies = new PeriodicTask(
    'waiting for database and redis',
    STARTING_RETRY_MS,
    async () => {
      try {
        await Promise.all([checkDatabase(database), checkRedis(redis, config.REDIS_URL)]);
        await health.firstContact();
      } catch (error) {
        if (!(error instanceof ServerMismatch)) throw error;
        end(error);
        return void waitForDependencies.stop();
      }
      redis.off('error', notice);
      health.phase = 'ready';
      logger.info('ready');
      end();
      void waitForDependencies.stop();
    },
    logger,
  );
  const phase: Phase = {
    name: 'readiness',
    start: () => {
      redis.on('error', notice);
      waitForDependencies.start();
    },
    stop: async () => {
      const wasReady = health.phase === 'ready';
      health.phase = 'draining';
      await waitForDependencies.stop();
      if (wasReady && config.SHUTDOWN_DRAIN_MS > 0)
        await new Promise((resolve) => setTimeout(resolve, config.SHUTDOWN_DRAIN_MS));
    },
  };
  return { phase, proved };
}

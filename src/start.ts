import type { DependencyContainer } from 'tsyringe';
import { createApp } from './app';
import { CONFIG, type Config } from './config';
import { createContainer } from './container';
import { Health } from './health';
import { type Handlers, HttpServer } from './http/server';
import { Breakers } from './infra/breakers';
import { Database } from './infra/database';
import { DatabaseContact } from './infra/database-contact';
import { createClient, KafkaLag } from './infra/kafka';
import { LOGGER, type Logger } from './infra/logger';
import { Loop, type Turn } from './infra/loop';
import { Metrics } from './infra/metrics';
import { followRedis, Redis } from './infra/redis';
import { RedisEvictionLog } from './infra/redis-eviction-log';
import { StoreMetrics } from './infra/store-metrics';
import { type Phase, Phases } from './lifecycle';
import { IdempotencyRepository } from './modules/idempotency/repository';
import { InvariantWatch } from './modules/invariants/watch';
import { Topics } from './modules/notification/topics';
import { NotificationWorker } from './modules/notification/worker';
import { Load } from './modules/queue/load';
import { QueueEvents } from './modules/queue/events';
import { SessionReconciler } from './modules/queue/reconciler';
import { WaitingRooms } from './modules/queue/rooms';
import { MemberDirectory } from './modules/user/directory';
import { HoldSweeper } from './modules/reservation/sweeper';
import { proveDatabase, proveRedis, refusalOf, WrongSetting } from './start-proof';

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
  proved: Promise<WrongSetting | undefined>;
  stop(): Promise<void>;
}

/**
 * Starts one process of the product in its role; resolves when it listens.
 * @throws WrongSetting for an address that it cannot listen on, or a Redis that refuses
 */
export async function startService(config: Config): Promise<RunningService> {
  const container = createContainer(config);
  const logger = container.resolve<Logger>(LOGGER);
  const metrics = container.resolve(Metrics);
  const app = createApp(container);
  const serverOn = (port: number, handlers: Handlers): HttpServer =>
    new HttpServer(handlers, {
      host: config.HOST,
      port,
      requestMs: config.HTTP_REQUEST_MS,
      idleMs: config.HTTP_IDLE_MS,
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
        ? new WrongSetting('HOST', `"${config.HOST}" cannot be listened on: ${message}`)
        : new WrongSetting(variable, `${config[variable] ?? ''} ${why} (${code})`);
    }),
  stop: () => server.close(),
});

/** What everything else leans on. */
function foundation(container: DependencyContainer): Phase[] {
  const logger = container.resolve<Logger>(LOGGER);
  const database = container.resolve(Database);
  const redis = container.resolve(Redis);
  const metrics = container.resolve(Metrics);
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
  let refusal: WrongSetting | undefined;
  const notice = (error: unknown): void => {
    refusal = refusalOf(error) ?? refusal;
  };
  redis.on('error', notice);
  await followRedis(redis, logger);
  await proveRedis(redis, REDIS_URL).catch(notice);
  redis.off('error', notice);
  if (refusal !== undefined) throw refusal;
}

/** The loops of the role. Every role ticks: admission goes on while any process lives. */
function background(container: DependencyContainer): Phase[] {
  const config = container.resolve<Config>(CONFIG);
  const logger = container.resolve<Logger>(LOGGER);
  const rooms = container.resolve(WaitingRooms);
  const breakers = container.resolve(Breakers);

  const loop = (name: string, pauseMs: number, turn: Turn): Phase => {
    const it = new Loop(name, pauseMs, turn, logger);
    return { name, start: () => it.start(), stop: () => it.stop() };
  };
  const phases = rooms.all.flatMap((room): Phase[] => [
    { name: `progress of ${room.queueId}`, stop: () => room.save() },
    { name: `last marks of ${room.queueId}`, stop: () => room.tell() },
    loop(`snapshot of ${room.queueId}`, config.QUEUE_SNAPSHOT_MS, async () => {
      await room.refresh();
      breakers.queue.close(); // Redis answers: no need to wait for trials
    }),
    loop(`presence in ${room.queueId}`, TELL_EVERY_MS, () => room.tell()),
    loop(`admission to ${room.queueId}`, config.QUEUE_TICK_MS, () => breakers.queue.run(() => room.tick())),
  ]);
  const lateMs = config.DATABASE_ACQUIRE_MS + config.DATABASE_TIMEOUT_MS + 2 * ASK_DATABASE_EVERY_MS;
  const contact = new DatabaseContact(container.resolve(Database), breakers.concert, lateMs);
  phases.push(loop('contact with the database', ASK_DATABASE_EVERY_MS, () => contact.ask()));
  if (config.ROLE !== 'worker') {
    const members = container.resolve(MemberDirectory);
    const events = container.resolve(QueueEvents);
    const load = container.resolve(Load);
    phases.push(
      { name: 'load', start: () => load.start(), stop: () => load.stop() },
      loop('steering', STEER_EVERY_MS, async () => {
        const signals = load.take();
        await Promise.all(rooms.all.map((room) => room.steer(signals)));
      }),
      loop('members', LEARN_MEMBERS_EVERY_MS, () => members.learnMore()),
      { name: 'queue events', start: () => events.start(), stop: () => events.stop() },
    );
  }
  if (config.ROLE !== 'api') {
    const sweeper = container.resolve(HoldSweeper);
    const sessions = container.resolve(SessionReconciler);
    const keys = container.resolve(IdempotencyRepository);
    const notifications = container.resolve(NotificationWorker);
    const watch = container.resolve(InvariantWatch);
    const stores = storeMetrics(container);
    phases.push(
      { name: 'notifications', start: () => notifications.start(), stop: () => notifications.stop() },
      loop('hold sweeper', config.SWEEP_MS, () => sweeper.sweep()),
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
  let end: (wrong?: WrongSetting) => void = () => undefined;
  const proved = new Promise<WrongSetting | undefined>((resolve) => (end = resolve));
  const notice = (error: unknown): void => {
    const refusal = refusalOf(error);
    if (refusal !== undefined) end(refusal);
  };
  const waitForDependencies = new Loop(
    'waiting for database and redis',
    STARTING_RETRY_MS,
    async () => {
      try {
        await Promise.all([proveDatabase(database), proveRedis(redis, config.REDIS_URL)]);
        await health.firstContact();
      } catch (error) {
        if (!(error instanceof WrongSetting)) throw error;
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

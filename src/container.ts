import { container as root, type DependencyContainer, instanceCachingFactory } from 'tsyringe';
import { Unavailable } from './common/errors';
import { CONFIG, type Config } from './config/config';
import { batchWaitMs, databaseRequestMs } from './config/database-times';
import { Batchers } from './platform/database/batch/batchers';
import { BatchMetrics } from './platform/database/batch/metrics';
import { Database } from './platform/database/database';
import { createLogger, LOGGER, type Logger } from './platform/observability/logger';
import { createTracer } from './platform/observability/traces/create';
import { TraceMetrics } from './platform/observability/traces/metrics';
import { Tracer } from './platform/observability/traces/tracer';
import { FAN_OUT } from './modules/outbox/delivery/fan-out';
import { WebhookFanOut } from './modules/webhooks/fan-out';
import { WaitingRoomMetrics } from './modules/waiting-room/metrics';
import { connectRedis, Redis } from './platform/redis/redis';
import { NotificationHandler } from './modules/notifications/handler';
import { KafkaPipeline } from './modules/notifications/kafka-pipeline';
import { LogNotifier, NOTIFIER, type Notifier, WebhookNotifier } from './modules/notifications/notifier';
import { NO_PIPELINE, PIPELINE } from './modules/notifications/worker';
import { Breakers } from './modules/operations/breakers';
import { DESTINATION } from './modules/outbox/delivery/destination';
import { EVENT_HANDLER } from './modules/outbox/event';
import { InProcessDestination } from './modules/outbox/delivery/in-process-destination';
import { KafkaDestination } from './modules/outbox/delivery/kafka-destination';
import { Topics } from './modules/outbox/topics';
import { DatabaseContact } from './platform/database/connection/contact';
import {
  createClient,
  KAFKA,
  KAFKA_GROUPS,
  KAFKA_TOPICS,
  KafkaLag,
  SOCKET_FACTORY,
  type SocketFactory,
} from './platform/kafka';
import { METRIC_GROUPS } from './startup/metric-groups';
import { Metrics } from './platform/observability/metrics';
import { StoreMetrics } from './platform/observability/store-metrics';
import { RedisEvictionLog } from './platform/redis/eviction-log';
import { DatabaseRefusals } from './platform/database/refusals';
import { LogKeys } from './modules/transparency/keys/keys';
import { AdaptiveLimit, controllerBounds, FixedLimit } from './modules/waiting-room/admission/policy';
import { createGate } from './modules/waiting-room/tokens/gates/create';
import { GateMetrics } from './modules/waiting-room/tokens/gates/metrics';
import { TokenGate } from './modules/waiting-room/tokens/gates/token-gate';
import type { Guard, StoreGuards } from './modules/waiting-room/recovery/guards';
import { NoQueueRepository } from './modules/waiting-room/state/no-repository';
import { QueueRepository } from './modules/waiting-room/state/repository';
import { queueRules } from './modules/waiting-room/rules';
import { QueueStore } from './modules/waiting-room/state/store';
import { Blinding } from './modules/waiting-room/tokens/blinding';
import { TokenCodec } from './modules/waiting-room/tokens/token';
import { WaitingRoomRegistry } from './modules/waiting-room/registry';
import { WaitingRoom } from './modules/waiting-room/waiting-room';

/**
 * The wiring, in one place. Classes marked `@scoped(Lifecycle.ContainerScoped)` are made once per container from
 * their constructors' types; what needs a value of the configuration is made here.
 */
export function createContainer(config: Config): DependencyContainer {
  const container = root.createChildContainer();
  const tracer = createTracer(config, container.resolve(TraceMetrics));
  const logger = createLogger(config.LOG_LEVEL, config.ROLE, undefined, tracer);
  container.registerInstance(CONFIG, config);
  container.registerInstance(Tracer, tracer);
  container.registerInstance(LOGGER, logger);

  const refusals = container.resolve(DatabaseRefusals);
  const database = new Database({
    url: config.DATABASE_URL,
    poolMax: config.DATABASE_POOL_MAX,
    acquireMs: config.DATABASE_ACQUIRE_TIMEOUT_MS,
    timeoutMs: config.DATABASE_TIMEOUT_MS,
    statementsMax: config.DATABASE_STATEMENTS_MAX,
    tracer,
    onRefused: (kind, error) => refusals.notice(kind, error),
  });
  const redis = connectRedis(config.REDIS_URL, config.REDIS_TIMEOUT_MS, (err) =>
    logger.warn({ err }, 'redis is demoted, or a reply was lost: its connection is given up'),
  );
  for (const group of METRIC_GROUPS) container.resolve<object>(group);
  const metrics = container.resolve(WaitingRoomMetrics);
  container.registerInstance(Database, database);
  container.registerInstance(
    Batchers,
    new Batchers(database, container.resolve(BatchMetrics), batchWaitMs(config), tracer),
  );
  container.registerInstance(Redis, redis);
  const logSecret = config.TRANSPARENCY_SECRET || config.TOKEN_SECRET;
  const blinding = new Blinding(logSecret);
  container.registerInstance(Blinding, blinding);
  container.registerInstance(LogKeys, new LogKeys(logSecret));
  container.registerInstance(
    TokenCodec,
    new TokenCodec(
      config.TOKEN_SECRET,
      config.TOKEN_SECRET_SECONDARY,
      config.TRANSPARENCY === 'on' ? blinding : undefined,
    ),
  );

  const rules = queueRules(config);
  const isWeb = config.ROLE === 'web';
  const repository = isWeb ? new NoQueueRepository(database) : container.resolve(QueueRepository);
  const breakers = container.resolve(Breakers);
  const refuse: Guard = () => Promise.reject(new Unavailable('The database'));
  const guards: StoreGuards = {
    redis: (call) => breakers.queue.run(call),
    database: isWeb ? refuse : (call) => breakers.concert.run(call),
    databaseForTasks: isWeb ? refuse : (call) => call(),
  };
  const adaptive = new AdaptiveLimit(controllerBounds(config));
  container.registerInstance(AdaptiveLimit, adaptive);
  const room = (id: string, cap: number | 'auto'): WaitingRoom =>
    new WaitingRoom(
      new QueueStore(redis, id, rules, metrics, tracer),
      cap === 'auto' ? adaptive : new FixedLimit(cap),
      repository,
      metrics,
      logger,
      guards,
    );
  const own = [...config.QUEUES].map(([id, cap]) => room(id, cap));
  container.registerInstance(
    WaitingRoomRegistry,
    new WaitingRoomRegistry(room(config.QUEUE_ID, config.QUEUE_MAX_ACTIVE), own),
  );

  const parts = { rooms: container.resolve(WaitingRoomRegistry), breakers, logger };
  container.registerInstance(
    TokenGate,
    new TokenGate(createGate(config, parts), container.resolve(GateMetrics)),
  );

  container.register(DatabaseContact, {
    useFactory: instanceCachingFactory((from) => {
      const lateMs = databaseRequestMs(config) + 2 * DatabaseContact.INTERVAL_MS;
      return new DatabaseContact(database, from.resolve(Breakers).concert, lateMs);
    }),
  });
  registerEvents(container, config, logger);
  return container;
}

/** Where events go. Each factory runs when it is first needed: a process of role `api` makes no Kafka client. */
function registerEvents(container: DependencyContainer, config: Config, logger: Logger): void {
  const { KAFKA_BROKERS: brokers, NOTIFIER_WEBHOOK_URL: webhook, NOTIFIER_TIMEOUT_MS } = config;
  const hasKafka = brokers !== '';
  container.registerInstance(Topics, new Topics());
  container.register(NOTIFIER, {
    useFactory: instanceCachingFactory<Notifier>(() =>
      webhook === ''
        ? new LogNotifier(logger)
        : new WebhookNotifier(webhook, NOTIFIER_TIMEOUT_MS, container.resolve(Tracer)),
    ),
  });
  container.register(FAN_OUT, { useToken: WebhookFanOut });
  container.register(EVENT_HANDLER, { useToken: NotificationHandler });
  if (hasKafka) container.register(DESTINATION, { useToken: KafkaDestination });
  else container.register(DESTINATION, { useToken: InProcessDestination });
  if (hasKafka) container.register(PIPELINE, { useToken: KafkaPipeline });
  else container.registerInstance(PIPELINE, NO_PIPELINE);
  container.register(KAFKA, {
    useFactory: instanceCachingFactory((from) => {
      const socketFactory = from.isRegistered(SOCKET_FACTORY)
        ? from.resolve<SocketFactory>(SOCKET_FACTORY)
        : undefined;
      return createClient({ config, ...(socketFactory && { socketFactory }) }, from.resolve(LOGGER));
    }),
  });
  container.register(KAFKA_TOPICS, { useFactory: (from) => from.resolve(Topics).all });
  container.register(KAFKA_GROUPS, { useFactory: (from) => Object.values(from.resolve(Topics).groups) });
  container.register(StoreMetrics, {
    useFactory: instanceCachingFactory(
      (from) =>
        new StoreMetrics(
          from.resolve(Database),
          from.resolve(Redis),
          from.resolve(RedisEvictionLog),
          hasKafka ? from.resolve(KafkaLag) : undefined,
          from.resolve(Metrics),
          logger,
        ),
    ),
  });
}

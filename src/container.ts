import { container as root, type DependencyContainer } from 'tsyringe';
import { CONFIG, type Config } from './config';
import { Database } from './infra/database';
import { createLogger, LOGGER } from './infra/logger';
import { Metrics } from './infra/metrics';
import { connectRedis, Redis } from './infra/redis';
import { LogNotifier, WebhookNotifier } from './modules/notification/notifier';
import { NotificationWorker } from './modules/notification/worker';
import { AdaptiveCap, FixedCap } from './modules/queue/admission';
import { Challenges } from './modules/queue/challenge';
import { QueueRepository } from './modules/queue/repository';
import { queueRules } from './modules/queue/rules';
import { QueueStore } from './modules/queue/store';
import { TokenCodec } from './modules/queue/token';
import { WaitingRooms } from './modules/queue/rooms';
import { WaitingRoom } from './modules/queue/waiting-room';

/**
 * The wiring, in one place. Classes marked `@scoped(Lifecycle.ContainerScoped)` are made once per container from
 * their constructors' types; what needs a value of the configuration is made here.
 */
export function createContainer(config: Config): DependencyContainer {
  const container = root.createChildContainer();
  const logger = createLogger(config.LOG_LEVEL, config.ROLE);
  container.registerInstance(CONFIG, config);
  container.registerInstance(LOGGER, logger);

  const database = new Database({
    url: config.DATABASE_URL,
    poolMax: config.DATABASE_POOL_MAX,
    acquireMs: config.DATABASE_ACQUIRE_MS,
    timeoutMs: config.DATABASE_TIMEOUT_MS,
    statementsMax: config.DATABASE_STATEMENTS_MAX,
    onGivenUp: (err) => logger.warn({ err }, 'the database is demoted: its connections are given up'),
  });
  const redis = connectRedis(config.REDIS_URL, config.REDIS_TIMEOUT_MS, (err) =>
    logger.warn({ err }, 'redis is demoted: its connection is given up'),
  );
  const metrics = container.resolve(Metrics);
  container.registerInstance(Database, database);
  container.registerInstance(Redis, redis);
  container.registerInstance(TokenCodec, new TokenCodec(config.TOKEN_SECRET, config.TOKEN_SECRET_ACCEPTED));

  container.registerInstance(
    Challenges,
    new Challenges(config.TOKEN_CHALLENGE_BITS, config.TOKEN_SECRET, config.TOKEN_SECRET_ACCEPTED),
  );

  const rules = queueRules(config);
  const repository = container.resolve(QueueRepository);
  const limits = {
    sloMs: config.SLO_P99_MS,
    least: config.QUEUE_MIN_ACTIVE,
    most: config.QUEUE_CEILING_ACTIVE,
  };
  const room = (id: string, cap: number | 'auto'): WaitingRoom =>
    new WaitingRoom(
      new QueueStore(redis, id, rules, metrics),
      cap === 'auto' ? new AdaptiveCap(limits) : new FixedCap(cap),
      repository,
      metrics,
      logger,
    );
  const own = [...config.QUEUES].map(([id, cap]) => room(id, cap));
  container.registerInstance(
    WaitingRooms,
    new WaitingRooms(room(config.QUEUE_ID, config.QUEUE_MAX_ACTIVE), own),
  );

  const notifier =
    config.NOTIFIER_WEBHOOK_URL === ''
      ? new LogNotifier(logger)
      : new WebhookNotifier(config.NOTIFIER_WEBHOOK_URL, config.NOTIFIER_TIMEOUT_MS);
  container.registerInstance(
    NotificationWorker,
    new NotificationWorker(database, config, notifier, metrics, logger),
  );
  return container;
}

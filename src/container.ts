import { container as root, type DependencyContainer } from 'tsyringe';
import { CONFIG, type Config } from './config/config';
import { Database } from './platform/database/database';
import { createLogger, LOGGER } from './platform/observability/logger';
import { HttpMetrics } from './http/metrics';
import { AccountMetrics } from './modules/accounts/metrics';
import { CatalogMetrics } from './modules/catalog/metrics';
import { IdempotencyMetrics } from './modules/idempotency/metrics';
import { InvariantMetrics } from './modules/invariants/metrics';
import { OrderMetrics } from './modules/orders/metrics';
import { OutboxMetrics } from './modules/outbox/metrics';
import { PaymentMetrics } from './modules/payments/metrics';
import { WaitingRoomMetrics } from './modules/waiting-room/metrics';
import { ProcessMetrics } from './platform/observability/process-metrics';
import { connectRedis, Redis } from './platform/redis/redis';
import { LogNotifier, WebhookNotifier } from './modules/notifications/notifier';
import { NotificationWorker } from './modules/notifications/worker';
import { AdaptiveLimit, FixedLimit } from './modules/waiting-room/admission/policy';
import { ProofOfWork } from './modules/waiting-room/tokens/proof-of-work';
import { QueueRepository } from './modules/waiting-room/state/repository';
import { queueRules } from './modules/waiting-room/rules';
import { QueueStore } from './modules/waiting-room/state/store';
import { TokenCodec } from './modules/waiting-room/tokens/token';
import { WaitingRoomRegistry } from './modules/waiting-room/registry';
import { WaitingRoom } from './modules/waiting-room/waiting-room';

/** Made at the start, so that a process of any role exports all metrics, with 0 where nothing has happened. */
const METRIC_GROUPS = [
  ...[ProcessMetrics, HttpMetrics, WaitingRoomMetrics, CatalogMetrics, AccountMetrics, OrderMetrics],
  ...[PaymentMetrics, IdempotencyMetrics, OutboxMetrics, InvariantMetrics],
];

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
    acquireMs: config.DATABASE_ACQUIRE_TIMEOUT_MS,
    timeoutMs: config.DATABASE_TIMEOUT_MS,
    statementsMax: config.DATABASE_STATEMENTS_MAX,
    onGivenUp: (err) => logger.warn({ err }, 'the database is demoted: its connections are given up'),
  });
  const redis = connectRedis(config.REDIS_URL, config.REDIS_TIMEOUT_MS, (err) =>
    logger.warn({ err }, 'redis is demoted: its connection is given up'),
  );
  for (const group of METRIC_GROUPS) container.resolve<object>(group);
  const metrics = container.resolve(WaitingRoomMetrics);
  container.registerInstance(Database, database);
  container.registerInstance(Redis, redis);
  container.registerInstance(TokenCodec, new TokenCodec(config.TOKEN_SECRET, config.TOKEN_SECRET_SECONDARY));

  container.registerInstance(
    ProofOfWork,
    new ProofOfWork(config.TOKEN_PROOF_OF_WORK_BITS, config.TOKEN_SECRET, config.TOKEN_SECRET_SECONDARY),
  );

  const rules = queueRules(config);
  const repository = container.resolve(QueueRepository);
  const limits = {
    targetP99Ms: config.QUEUE_AUTO_TARGET_P99_MS,
    min: config.QUEUE_AUTO_MIN_ACTIVE,
    max: config.QUEUE_AUTO_MAX_ACTIVE,
  };
  const room = (id: string, cap: number | 'auto'): WaitingRoom =>
    new WaitingRoom(
      new QueueStore(redis, id, rules, metrics),
      cap === 'auto' ? new AdaptiveLimit(limits) : new FixedLimit(cap),
      repository,
      metrics,
      logger,
    );
  const own = [...config.QUEUES].map(([id, cap]) => room(id, cap));
  container.registerInstance(
    WaitingRoomRegistry,
    new WaitingRoomRegistry(room(config.QUEUE_ID, config.QUEUE_MAX_ACTIVE), own),
  );

  const notifier =
    config.NOTIFIER_WEBHOOK_URL === ''
      ? new LogNotifier(logger)
      : new WebhookNotifier(config.NOTIFIER_WEBHOOK_URL, config.NOTIFIER_TIMEOUT_MS);
  container.registerInstance(
    NotificationWorker,
    new NotificationWorker(database, config, notifier, container.resolve(OutboxMetrics), logger),
  );
  return container;
}

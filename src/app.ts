import { parse } from 'node:querystring';
import express, { type Express, type RequestHandler, type Router } from 'express';
import type { DependencyContainer } from 'tsyringe';
import { CONFIG, type Config } from './config/config';
import { ConnectionAge } from './http/limits/connection-age';
import { HttpMetrics } from './http/metrics';
import { context } from './http/middleware/context';
import { errorHandler, notFound } from './http/middleware/errors';
import { loadShedding } from './http/middleware/load-shedding';
import { protocol } from './http/middleware/protocol';
import { rateLimit } from './http/middleware/rate-limit';
import { validation } from './http/middleware/validate';
import { LoadShedder } from './http/limits/shedder';
import { accountRoutes } from './modules/accounts/routes';
import { BalanceService } from './modules/accounts/service';
import { catalogRoutes } from './modules/catalog/routes';
import { ConcertService } from './modules/catalog/service';
import { seatMapRoutes } from './modules/catalog/seat-map/routes';
import { SeatMapService } from './modules/catalog/seat-map/service';
import { IdempotencyService } from './modules/idempotency/service';
import { IdentityService } from './modules/identity/service';
import { type RouteMiddleware, routeMiddleware } from './modules/middleware';
import { Health } from './modules/operations/health';
import { healthRoutes } from './modules/operations/routes';
import { orderRoutes } from './modules/orders/order-routes';
import { OrderService } from './modules/orders/order-service';
import { reservationRoutes } from './modules/orders/reservation-routes';
import { ReservationService } from './modules/orders/reservation-service';
import { paymentRoutes } from './modules/payments/routes';
import { PaymentService } from './modules/payments/service';
import { RehearsalPasses } from './modules/rehearsal/passes';
import { rehearsalRoutes } from './modules/rehearsal/routes';
import { transparencyRoutes } from './modules/transparency/routes';
import { TransparencyService } from './modules/transparency/service';
import { LoadMonitor } from './modules/waiting-room/admission/load-monitor';
import { queueMiddleware } from './modules/waiting-room/guard/middleware';
import { SessionGuard } from './modules/waiting-room/guard/session-guard';
import { drawRoutes } from './modules/waiting-room/opening/routes';
import { DrawService } from './modules/waiting-room/opening/service';
import { queueRoutes } from './modules/waiting-room/routes';
import { QueueService } from './modules/waiting-room/service';
import { statusRoutes } from './modules/waiting-room/status/routes';
import { QueueStatusService } from './modules/waiting-room/status/service';
import { QueueStreams } from './modules/waiting-room/streams/streams';
import { LOGGER, type Logger } from './platform/observability/logger';
import { Tracer } from './platform/observability/traces/tracer';
import { Redis } from './platform/redis/redis';
import { managementRouters } from './startup/management';
import { pageRouters } from './startup/pages';

/** Most writes of one user that are worked on at once, in one process; of a small pool of connections the half. */
const MAX_PER_USER_AT_ONCE = 4;
/** A request waits for its user's earlier ones as long as this many units of database work may take. */
const UNITS_WAITED_FOR = 3;

export interface Apps {
  /** The API (not in the worker role), probes, and the operator routes if they have no separate port. */
  main: Express;
  /** Probes and the operator routes, if MANAGEMENT_PORT gives them a separate port. */
  management: Express | undefined;
}

/** @param extra additional middleware, which every request of every route passes */
export function createApps(container: DependencyContainer, extra: RequestHandler[] = []): Apps {
  const config = container.resolve<Config>(CONFIG);
  let made: RouteMiddleware | undefined;
  const middleware = (): RouteMiddleware => (made ??= middlewareOf(container)); // API and forms have the same limits
  const api = routesOf[config.ROLE](container, middleware);
  const pages = pageRouters(container, middleware);
  const probes = healthRoutes(container.resolve(Health));
  const operations = managementRouters(container, api);
  const serve = (routers: Router[]): Express => createApp(container, [...extra], routers);
  if (config.MANAGEMENT_PORT !== undefined)
    return { main: serve([...api, ...pages, probes]), management: serve([probes, ...operations]) };
  const isPublic = config.NODE_ENV === 'production';
  return {
    main: serve([...api, ...pages, probes, ...(isPublic ? [] : operations)]),
    management: undefined,
  };
}

type MakeRoutes = (container: DependencyContainer, middleware: () => RouteMiddleware) => Router[];

const routesOf: Record<Config['ROLE'], MakeRoutes> = {
  all: apiRoutes,
  api: apiRoutes,
  web: webRoutes,
  worker: () => [],
};

/** What a page needs to wait, without any store. */
function webRoutes(container: DependencyContainer): Router[] {
  const queue = container.resolve(QueueService);
  const middleware = queueMiddleware(queue, container.resolve(SessionGuard), container.resolve(LoadMonitor));
  return [statusRoutes(container.resolve(QueueStatusService), queue, middleware)];
}

/** One app: middleware in order, one router per module, 404, errors. */
function createApp(container: DependencyContainer, extra: RequestHandler[], routers: Router[]): Express {
  const config = container.resolve<Config>(CONFIG);
  const logger = container.resolve<Logger>(LOGGER);
  const health = container.resolve(Health);
  const app = express();
  app.set('trust proxy', config.TRUST_PROXY);
  app.set('query parser', (text: string) => parse(text, '&', '=', { maxKeys: 0 })); // the headers' limit is its limit
  app.set('etag', false); // lists carry their own, made once
  app.disable('x-powered-by');
  app.use(
    context({
      metrics: container.resolve(HttpMetrics),
      logger,
      tracer: container.resolve(Tracer),
      connections: new ConnectionAge(config.HTTP_MAX_CONNECTION_AGE_SECONDS * 1000),
      isDraining: () => health.phase === 'draining',
    }),
  );
  app.use(protocol);
  for (const each of [...extra, ...routers]) app.use(each);
  app.use(notFound);
  app.use(errorHandler(logger));
  return app;
}

/** The modules' routers. The one of the waiting room comes first: most requests are polls. */
function apiRoutes(container: DependencyContainer, make: () => RouteMiddleware): Router[] {
  const middleware = make();
  const queue = container.resolve(QueueService);
  return [
    queueRoutes(queue, container.resolve(QueueStreams), container.resolve(IdentityService), middleware),
    statusRoutes(container.resolve(QueueStatusService), queue, middleware),
    drawRoutes(container.resolve(DrawService), middleware),
    catalogRoutes(container.resolve(ConcertService), middleware),
    seatMapRoutes(container.resolve(SeatMapService), middleware),
    reservationRoutes(container.resolve(ReservationService), middleware),
    orderRoutes(container.resolve(OrderService), container.resolve(PaymentService), middleware),
    paymentRoutes(container.resolve(PaymentService), middleware),
    accountRoutes(container.resolve(BalanceService), middleware),
    transparencyRoutes(container.resolve(TransparencyService), middleware),
    rehearsalRoutes(container.resolve(RehearsalPasses), middleware),
  ];
}

function middlewareOf(container: DependencyContainer): RouteMiddleware {
  const config = container.resolve<Config>(CONFIG);
  const { requestsShed } = container.resolve(HttpMetrics);
  const load = container.resolve(LoadMonitor);
  const shedder = new LoadShedder(config.LOAD_SHEDDING_MAX_DELAY_MS);
  return routeMiddleware({
    queue: container.resolve(QueueService),
    guard: container.resolve(SessionGuard),
    idempotency: container.resolve(IdempotencyService),
    load,
    rateLimited: rateLimit(container.resolve(Redis), {
      perMinute: config.TOKEN_RATE_PER_MINUTE,
      hops: config.TRUST_PROXY,
      queueId: config.QUEUE_ID,
    }),
    validate: validation(config.HTTP_BODY_BYTES),
    shedding: loadShedding(shedder, () => requestsShed.inc()),
    perUserAtOnce: Math.max(1, Math.min(MAX_PER_USER_AT_ONCE, Math.floor(config.DATABASE_POOL_MAX / 2))),
    perUserPatienceMs: UNITS_WAITED_FOR * config.DATABASE_TIMEOUT_MS,
  });
}

import express, { type Express, type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { DependencyContainer } from 'tsyringe';
import { CONFIG, type Config } from './config/config';
import { NotFound } from './common/errors';
import { Health } from './modules/operations/health';
import { ConnectionAge } from './http/connection-age';
import { operatorRoutes } from './modules/waiting-room/admission/routes';
import type { Endpoint } from './http/endpoint';
import { success } from './http/envelope';
import { errorHandler } from './http/errors';
import { serveEndpoints } from './http/mount';
import { openApiDocument } from './http/openapi';
import { healthRoutes, managementRoutes } from './modules/operations/routes';
import { isAsterisk, protocolFault } from './http/protocol';
import { rateLimit } from './http/rate-limit';
import { observeRequests } from './http/requests';
import { type Handlers, METHODS } from './http/server';
import { LoadShedder } from './http/shedder';
import { LOGGER, type Logger } from './platform/observability/logger';
import { Metrics } from './platform/observability/metrics';
import { HttpMetrics } from './http/metrics';
import { Redis } from './platform/redis/redis';
import { concertEndpoints } from './modules/catalog/routes';
import { ConcertService } from './modules/catalog/service';
import { IdempotencyService } from './modules/idempotency/service';
import { paymentEndpoints } from './modules/payments/routes';
import { PaymentService } from './modules/payments/service';
import { AdmissionOperatorService } from './modules/waiting-room/admission/operator-service';
import { LoadMonitor } from './modules/waiting-room/admission/load-monitor';
import { QueueStreams } from './modules/waiting-room/streams/streams';
import { queueEndpoints } from './modules/waiting-room/routes';
import { QueueService } from './modules/waiting-room/service';
import { reservationEndpoints } from './modules/orders/routes';
import { ReservationService } from './modules/orders/service';
import { userEndpoints } from './modules/accounts/routes';
import { BalanceService } from './modules/accounts/service';

/** Of one visitor, in one process; of a small pool of connections the half. */
const MOST_AT_ONCE = 4;

export interface App {
  /** The modules' endpoints (none in the worker role), health, and what operators ask if it is to be here. */
  main: Handlers;
  /** Health and what operators ask, if they have a port of their own. */
  management: Handlers | undefined;
}

export function createApp(container: DependencyContainer): App {
  const config = container.resolve<Config>(CONFIG);
  const logger = container.resolve<Logger>(LOGGER);
  const metrics = container.resolve(HttpMetrics);
  const health = container.resolve(Health);

  const endpoints = config.ROLE === 'worker' ? [] : endpointsOf(container);
  const forProbes = healthRoutes(health);
  const forOperators = managementRoutes(
    container.resolve(Metrics),
    endpoints.length > 0 ? openApiDocument(endpoints) : undefined,
  );
  const ofDoors =
    config.MANAGEMENT_TOKEN === ''
      ? []
      : [operatorRoutes(container.resolve(AdmissionOperatorService), config.MANAGEMENT_TOKEN)];
  const hasOwnPort = config.MANAGEMENT_PORT !== undefined;
  const isShared = !hasOwnPort && config.NODE_ENV !== 'production';
  const main = {
    endpoints: serveEndpoints(endpoints, {
      queue: container.resolve(QueueService),
      idempotency: container.resolve(IdempotencyService),
      rateLimit: rateLimit(container.resolve(Redis), {
        perMinute: config.TOKEN_RATE_PER_MINUTE,
        hops: config.TRUST_PROXY,
        queueId: config.QUEUE_ID,
      }),
      bodyBytes: config.HTTP_BODY_BYTES,
      shedder: new LoadShedder(config.LOAD_SHEDDING_MAX_DELAY_MS),
      atOnce: Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(config.DATABASE_POOL_MAX / 2))),
      connections: new ConnectionAge(config.HTTP_MAX_CONNECTION_AGE_SECONDS * 1000),
      load: container.resolve(LoadMonitor),
      metrics,
      logger,
      isDraining: () => health.phase === 'draining',
    }),
    rest: serveRoutes(container, isShared ? [forProbes, forOperators, ...ofDoors] : [forProbes]),
  };
  const management = {
    endpoints: () => false,
    rest: serveRoutes(container, [forProbes, forOperators, ...ofDoors]),
  };
  return { main, management: hasOwnPort ? management : undefined };
}

/** An Express app of these routes; any other path is 404. */
function serveRoutes(container: DependencyContainer, routes: Router[]): Express {
  const config = container.resolve<Config>(CONFIG);
  const logger = container.resolve<Logger>(LOGGER);
  const app = express();
  app.set('trust proxy', config.TRUST_PROXY);
  // A path is what it says, to the letter, as it is for the endpoints.
  app.enable('strict routing').enable('case sensitive routing');
  app.set('etag', false); // lists carry their own, made once
  app.disable('x-powered-by');
  app.use(observeRequests(container.resolve(HttpMetrics), logger));
  app.use(helmet());
  app.use(demandProtocol);
  app.use(...routes);
  app.use(() => {
    throw new NotFound('This path');
  });
  app.use(errorHandler(logger));
  return app;
}

/** Refuses what is no proper request, and ends its connection: how its body would have to be read is not known. */
const demandProtocol: RequestHandler = (req, res, next) => {
  const fault = protocolFault(req);
  if (fault !== undefined) {
    res.setHeader('Connection', 'close');
    throw fault;
  }
  if (isAsterisk(req)) res.setHeader('Allow', METHODS).type('json').send(success(null));
  else next();
};

const endpointsOf = (container: DependencyContainer): Endpoint[] => [
  ...queueEndpoints(container.resolve(QueueService), container.resolve(QueueStreams)),
  ...userEndpoints(container.resolve(BalanceService)),
  ...concertEndpoints(container.resolve(ConcertService)),
  ...reservationEndpoints(container.resolve(ReservationService)),
  ...paymentEndpoints(container.resolve(PaymentService)),
];

import express, { type Express } from 'express';
import helmet from 'helmet';
import type { DependencyContainer } from 'tsyringe';
import { CONFIG, type Config } from './config';
import { NotFound } from './errors';
import { Health } from './health';
import type { Endpoint } from './http/endpoint';
import { errorHandler } from './http/errors';
import { serveEndpoints, type PathHandler } from './http/mount';
import { openApiDocument } from './http/openapi';
import { operations } from './http/operations';
import { rateLimit } from './http/rate-limit';
import { observeRequests } from './http/requests';
import { Shedder } from './http/shedder';
import { LOGGER, type Logger } from './infra/logger';
import { Metrics } from './infra/metrics';
import { Redis } from './infra/redis';
import { concertEndpoints } from './modules/concert/routes';
import { ConcertService } from './modules/concert/service';
import { IdempotencyService } from './modules/idempotency/service';
import { paymentEndpoints } from './modules/payment/routes';
import { PaymentService } from './modules/payment/service';
import { QueueEvents } from './modules/queue/events';
import { queueEndpoints } from './modules/queue/routes';
import { QueueService } from './modules/queue/service';
import { reservationEndpoints } from './modules/reservation/routes';
import { ReservationService } from './modules/reservation/service';
import { userEndpoints } from './modules/user/routes';
import { BalanceService } from './modules/user/service';

export interface App {
  /** The modules' endpoints; none in the worker role. */
  endpoints: PathHandler;
  /** What operators and machines ask, and every other path. */
  rest: Express;
}

export function createApp(container: DependencyContainer): App {
  const config = container.resolve<Config>(CONFIG);
  const logger = container.resolve<Logger>(LOGGER);
  const metrics = container.resolve(Metrics);
  const health = container.resolve(Health);

  const endpoints = config.ROLE === 'worker' ? [] : endpointsOf(container);
  const rest = express();
  rest.set('trust proxy', config.TRUST_PROXY);
  rest.set('etag', false); // lists carry their own, made once
  rest.disable('x-powered-by');
  rest.use(observeRequests(metrics, logger));
  rest.use(helmet());
  rest.use(operations(health, metrics, endpoints.length > 0 ? openApiDocument(endpoints) : undefined));
  rest.use(() => {
    throw new NotFound('This path');
  });
  rest.use(errorHandler(logger));
  return {
    endpoints: serveEndpoints(endpoints, {
      queue: container.resolve(QueueService),
      idempotency: container.resolve(IdempotencyService),
      rateLimit: rateLimit(container.resolve(Redis), config.TOKEN_RATE_PER_MINUTE),
      bodyBytes: config.HTTP_BODY_BYTES,
      shedder: new Shedder(config.HTTP_QUEUE_MS),
      metrics,
      logger,
      isDraining: () => health.phase === 'draining',
    }),
    rest,
  };
}

const endpointsOf = (container: DependencyContainer): Endpoint[] => [
  ...queueEndpoints(container.resolve(QueueService), container.resolve(QueueEvents)),
  ...userEndpoints(container.resolve(BalanceService)),
  ...concertEndpoints(container.resolve(ConcertService)),
  ...reservationEndpoints(container.resolve(ReservationService)),
  ...paymentEndpoints(container.resolve(PaymentService)),
];

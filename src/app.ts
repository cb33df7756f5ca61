import express, { type Express } from 'express';
import helmet from 'helmet';
import type { DependencyContainer } from 'tsyringe';
import { CONFIG, type Config } from './config';
import { NotFound } from './errors';
import { Health } from './health';
import { errorHandler } from './http/errors';
import { serveEndpoints } from './http/mount';
import { openApiDocument } from './http/openapi';
import { operations } from './http/operations';
import { rateLimit } from './http/rate-limit';
import { observeRequests } from './http/requests';
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

/** The Express app: the modules' endpoints (none in the worker role), then what operators ask. */
export function createApp(container: DependencyContainer): Express {
  const config = container.resolve<Config>(CONFIG);
  const logger = container.resolve<Logger>(LOGGER);
  const metrics = container.resolve(Metrics);
  const health = container.resolve(Health);

  const endpoints =
    config.ROLE === 'worker'
      ? []
      : [
          ...queueEndpoints(container.resolve(QueueService), container.resolve(QueueEvents)),
          ...userEndpoints(container.resolve(BalanceService)),
          ...concertEndpoints(container.resolve(ConcertService)),
          ...reservationEndpoints(container.resolve(ReservationService)),
          ...paymentEndpoints(container.resolve(PaymentService)),
        ];

  const app = express();
  app.set('trust proxy', config.TRUST_PROXY);
  app.set('etag', false); // lists carry their own, made once
  app.disable('x-powered-by');
  app.use(
    serveEndpoints(endpoints, {
      queue: container.resolve(QueueService),
      idempotency: container.resolve(IdempotencyService),
      rateLimit: rateLimit(container.resolve(Redis), config.TOKEN_RATE_PER_MINUTE),
      bodyBytes: config.HTTP_BODY_BYTES,
      metrics,
      logger,
      isDraining: () => health.phase === 'draining',
    }),
  );
  app.use(observeRequests(metrics, logger));
  app.use(helmet());
  app.use(operations(health, metrics, endpoints.length > 0 ? openApiDocument(endpoints) : undefined));
  app.use(() => {
    throw new NotFound('This path');
  });
  app.use(errorHandler(logger));
  return app;
}

import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { monotonicMs } from '../clock';
import type { Logger } from '../infra/logger';
import type { Metrics } from '../infra/metrics';

const REQUEST_ID = /^[\w.-]{1,64}$/;

/** Gives each request an id, and tells metrics and log of each answer by its route's template. */
export function observeRequests(metrics: Metrics, logger: Logger): RequestHandler {
  return (req, res, next) => {
    const startedAtMs = monotonicMs();
    const given = req.headers['x-request-id'];
    const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    res.locals.requestId = requestId;
    res.setHeader('X-Request-Id', requestId);
    metrics.httpInFlight.inc();
    res.once('close', () => {
      const ms = monotonicMs() - startedAtMs;
      const route = (res.locals.route as string | undefined) ?? 'none';
      const { method } = req;
      const status = res.writableFinished ? res.statusCode : 499; // 499: the client went away first
      metrics.httpInFlight.dec();
      metrics.httpDuration.observe({ method, route, status }, ms / 1000);
      if (logger.isLevelEnabled('debug'))
        logger.debug({ requestId, method, route, status, ms: Math.round(ms * 10) / 10 }, 'answered');
    });
    next();
  };
}

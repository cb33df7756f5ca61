import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { monotonicMs } from '../common/clock';
import type { Logger } from '../platform/observability/logger';
import type { LatencySeries } from '../platform/observability/latency-histogram';
import type { HttpMetrics } from './metrics';

const GIVEN_ID = /^[\w.-]{1,64}$/;
const ownIds = randomBytes(9).toString('base64url');
let count = 0;

/** The caller's X-Request-Id if it is a sensible one, else one of our own. */
export function requestIdOf(req: IncomingMessage): string {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && GIVEN_ID.test(given) ? given : `${ownIds}-${(count++).toString(36)}`;
}

/** Answers of one method and route: metrics and log know them by the route's template, labels never hold a URL. */
export class RouteLog {
  private readonly series: LatencySeries[] = [];

  constructor(
    private readonly method: string,
    private readonly route: string,
    private readonly metrics: HttpMetrics,
    private readonly logger: Logger,
  ) {}

  answered(status: number, startedAtMs: number, requestId: string): void {
    const ms = monotonicMs() - startedAtMs;
    this.series[status] ??= this.metrics.httpDuration.labels({
      method: this.method,
      route: this.route,
      status,
    });
    this.series[status].observe(ms / 1000);
    if (!this.logger.isLevelEnabled('debug')) return;
    const { method, route } = this;
    this.logger.debug({ requestId, method, route, status, ms: Math.round(ms * 10) / 10 }, 'answered');
  }
}

/** For what Express serves: operations, documents, unknown paths. */
export function observeRequests(metrics: HttpMetrics, logger: Logger): RequestHandler {
  const routes = new Map<string, RouteLog>();
  return (req, res, next) => {
    metrics.requestsInFlight++;
    const startedAtMs = monotonicMs();
    const requestId = requestIdOf(req);
    res.locals.requestId = requestId;
    res.setHeader('X-Request-Id', requestId);
    res.once('close', () => {
      const route = (req.route as { path: string } | undefined)?.path ?? 'none';
      const key = `${req.method} ${route}`;
      const log = routes.get(key) ?? new RouteLog(req.method, route, metrics, logger);
      routes.set(key, log);
      metrics.requestsInFlight--;
      log.answered(res.statusCode, startedAtMs, requestId);
    });
    next();
  };
}

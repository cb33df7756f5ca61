import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler } from 'express';
import { monotonicMs } from '../../common/clock';
import type { Logger } from '../../platform/observability/logger';
import type { LatencySeries } from '../../platform/observability/latency-histogram';
import type { Tracer } from '../../platform/observability/traces/tracer';
import type { ConnectionAge } from '../limits/connection-age';
import { Exchange } from '../exchange';
import type { HttpMetrics } from '../metrics';

export interface ContextOptions {
  metrics: HttpMetrics;
  logger: Logger;
  tracer: Tracer;
  connections: ConnectionAge;
  /** Whether the process is on its way out: the client's next request should go to another one. */
  isDraining: () => boolean;
}

/** First of all: gives the request its id, decides whether its connection goes on, counts it and logs its answer. */
export function context(options: ContextOptions): RequestHandler {
  const { metrics, logger, tracer, connections, isDraining } = options;
  const answers = new AnswerLog(metrics, logger);
  return (req, res, next) => {
    const exchange = new Exchange(requestIdOf(req), metrics);
    res.exchange = exchange;
    if (isDraining() || connections.isOver(req.socket, exchange.startedAtMs)) exchange.closeConnection();
    exchange.onAnswered((status) => answers.record(req, exchange, status));
    if (tracer.isOn && !OWN_STATE.test(req.url)) traced(tracer, req, exchange, next);
    else next();
  };
}

/** Requests for the state of this process: probes and scrapes come all the time, and mean no user. */
const OWN_STATE = /^\/(?:health\/|metrics$)/;

/** Says nothing of a client: no address, no user, no URL, of which no one knows what it holds. */
function traced(tracer: Tracer, req: Request, exchange: Exchange, next: () => void): void {
  const span = tracer.server(req);
  if (span === undefined) {
    next();
    return;
  }
  exchange.span = span;
  exchange.onAnswered((status) => {
    const route = routeOf(req);
    span.rename(`${req.method} ${route}`);
    span.set({
      'http.request.method': req.method,
      'http.route': route,
      'http.response.status_code': status,
      'concert.request_id': exchange.requestId,
    });
    span.end(status >= 500 ? String(status) : undefined);
  });
  tracer.within(span, next);
}

const GIVEN_ID = /^[\w.-]{1,64}$/;
const ownIds = randomBytes(9).toString('base64url');
let count = 0;

/** The caller's X-Request-Id if it is a sensible one, else one of our own. */
function requestIdOf(req: IncomingMessage): string {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && GIVEN_ID.test(given) ? given : `${ownIds}-${(count++).toString(36)}`;
}

/** The template of the route that was found: labels and logs never hold a URL. */
export const routeOf = (req: Request): string => (req.route as { path: string } | undefined)?.path ?? 'none';

/** Latency by method, route and status. */
class AnswerLog {
  private readonly series = new Map<string, Map<string, LatencySeries[]>>();

  constructor(
    private readonly metrics: HttpMetrics,
    private readonly logger: Logger,
  ) {}

  record(req: Request, { startedAtMs, requestId, span }: Exchange, status: number): void {
    const ms = monotonicMs() - startedAtMs;
    const method = status === 405 ? 'other' : req.method;
    const route = routeOf(req);
    this.seriesOf(route, method, status).observe(ms / 1000, span?.context);
    if (!this.logger.isLevelEnabled('debug')) return;
    this.logger.debug({ requestId, method, route, status, ms: Math.round(ms * 10) / 10 }, 'answered');
  }

  private seriesOf(route: string, method: string, status: number): LatencySeries {
    const ofRoute = this.series.get(route) ?? new Map<string, LatencySeries[]>();
    this.series.set(route, ofRoute);
    const ofMethod = ofRoute.get(method) ?? [];
    ofRoute.set(method, ofMethod);
    return (ofMethod[status] ??= this.metrics.httpDuration.labels({ method, route, status }));
  }
}

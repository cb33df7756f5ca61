import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { monotonicMs } from '../clock';
import type { Logger } from '../infra/logger';
import type { Metrics } from '../infra/metrics';

const GIVEN_ID = /^[\w.-]{1,64}$/;
const ownIds = randomBytes(9).toString('base64url');
let count = 0;

/** The caller's X-Request-Id if it is a sensible one, else one of our own. */
export function requestIdOf(req: IncomingMessage): string {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && GIVEN_ID.test(given) ? given : `${ownIds}-${(count++).toString(36)}`;
}

interface Observed {
  observe(seconds: number): void;
}

/** Tells metrics and log of each answer, by the route's template: labels never hold a URL. */
export class RequestLog {
  private readonly series = new Map<string, Observed>();

  constructor(
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  begun(): number {
    this.metrics.requestsInFlight++;
    return monotonicMs();
  }

  ended(method: string, route: string, status: number, startedAtMs: number, requestId: string): void {
    this.metrics.requestsInFlight--;
    const ms = monotonicMs() - startedAtMs;
    const key = `${method} ${route} ${status}`;
    let series = this.series.get(key); // bound once: looking labels up costs ten times as much
    if (series === undefined) {
      series = this.metrics.httpDuration.labels({ method, route, status });
      this.series.set(key, series);
    }
    series.observe(ms / 1000);
    if (this.logger.isLevelEnabled('debug'))
      this.logger.debug({ requestId, method, route, status, ms: Math.round(ms * 10) / 10 }, 'answered');
  }
}

/** For what Express serves: operations, documents, unknown paths. */
export function observeRequests(log: RequestLog): RequestHandler {
  return (req, res, next) => {
    const startedAtMs = log.begun();
    const requestId = requestIdOf(req);
    res.locals.requestId = requestId;
    res.setHeader('X-Request-Id', requestId);
    res.once('close', () => {
      const known = (req.route as { path: string } | undefined)?.path;
      log.ended(req.method, known ?? 'none', res.statusCode, startedAtMs, requestId);
    });
    next();
  };
}

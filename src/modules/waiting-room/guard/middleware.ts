import type { RequestHandler } from 'express';
import { readStreamToken } from '../../../http/event-stream';
import { documented } from '../../../http/operation';
import { readToken } from '../../../http/token';
import { monotonicMs } from '../../../common/clock';
import type { LoadMonitor } from '../admission/load-monitor';
import type { QueueService } from '../service';
import type { Purpose, SessionGuard } from './session-guard';

/** What a route may require of a queue token, in the order in which a route names it. */
export interface QueueMiddleware {
  /** A genuine queue token: `req.claims`. */
  token: RequestHandler;
  /** That, of any status and of the present history of its queue. */
  tokenOfHistory: RequestHandler;
  /** A genuine queue token, or a stream token as `?ticket=`. */
  streamToken: RequestHandler;
  /** Refuses a token that waits so far behind that this process' snapshot is enough to tell. */
  refuseWaiting: RequestHandler;
  /** Refuses a token that is not active before it takes the time of those that are: Redis tells where the snapshot cannot. */
  refuseInactive: (purpose: Purpose) => RequestHandler;
  /** Measures for the controller what is done for an active user, from here to the answer. */
  measured: (kind: 'read' | 'write') => RequestHandler;
  /** A token in PROGRESS: `req.activeUser`. */
  active: (purpose: Purpose) => RequestHandler;
}

const NOT_ISSUED_HERE = 'No queue of this service has issued the token';
const FORGED = { '401': 'The token is missing, malformed or forged' };

export function queueMiddleware(
  queue: QueueService,
  guard: SessionGuard,
  load: LoadMonitor,
): QueueMiddleware {
  const token: RequestHandler = (req, _res, next) => {
    req.claims = queue.identify(readToken(req));
    next();
  };
  const tokenOfHistory: RequestHandler = (req, _res, next) => {
    req.claims = queue.identifyOfHistory(readToken(req));
    next();
  };
  const streamToken: RequestHandler = (req, _res, next) => {
    const given = readStreamToken(req);
    req.claims = given === undefined ? queue.identify(readToken(req)) : queue.identifyByStreamToken(given);
    next();
  };
  return {
    token: documented(token, { security: [{ queueToken: [] }], errors: FORGED }),
    tokenOfHistory: documented(tokenOfHistory, {
      security: [{ queueToken: [] }],
      errors: { '001': NOT_ISSUED_HERE, ...FORGED },
    }),
    streamToken: documented(streamToken, {
      security: [{ queueToken: [] }, { eventTicket: [] }],
      errors: { '400': 'Bad input: the message names each bad field', ...FORGED },
    }),
    refuseWaiting: (req, _res, next) => {
      guard.touchIfActive(req.claims);
      next();
    },
    refuseInactive: refuseInactive(guard),
    measured: measured(load),
    active: active(guard),
  };
}

/**
 * Nothing of a token that is not active reaches the database, takes the time of those who are, or moves the admission
 * limit: one that waits is refused from this process' snapshot of the queue, or by Redis where only that can tell.
 */
const refuseInactive =
  (guard: SessionGuard) =>
  (purpose: Purpose): RequestHandler =>
  (req, _res, next) => {
    if (guard.touchIfActive(req.claims)) next();
    else
      guard.admit(req.claims, purpose).then(
        () => next(),
        (error: unknown) => next((req.inactive = error)),
      );
  };

/**
 * Reports to the controller how long the service has worked for an active user. Upload time and per-user queueing are
 * excluded, so that one client cannot influence the limit. So are replays and requests that were refused for their
 * token, which take less time than the work.
 */
const measured =
  (load: LoadMonitor) =>
  (kind: 'read' | 'write'): RequestHandler =>
  (req, res, next) => {
    const sinceMs = monotonicMs();
    const { exchange } = res;
    exchange.onAnswered((status) => {
      const isAdmitted = (req.activeUser as unknown) !== undefined;
      const isWork = isAdmitted && !exchange.isReplay && status !== 401 && status !== 403;
      if (exchange.isShed) load.recordRequest(0, status, kind === 'write');
      else if (isWork) load.recordRequest(monotonicMs() - sinceMs, status, kind === 'write');
    });
    next();
  };

/** Reads are admitted by the snapshot where it can tell; writes ask Redis. */
const active =
  (guard: SessionGuard) =>
  (purpose: Purpose): RequestHandler => {
    const admit: RequestHandler = (req, _res, next) => {
      const known = purpose === 'read' ? guard.findActive(req.claims) : undefined;
      if (known !== undefined) {
        req.activeUser = known;
        next();
        return;
      }
      guard.admit(req.claims, purpose).then(
        (user) => {
          req.activeUser = user;
          next();
        },
        (error: unknown) => next((req.inactive = error)),
      );
    };
    return documented(admit, {
      errors: {
        '001': NOT_ISSUED_HERE,
        '003': 'The token is not in PROGRESS',
      },
    });
  };

import type { ErrorRequestHandler, RequestHandler } from 'express';
import { fewAtOnce, type LoadShedding, shedApart } from '../http/middleware/load-shedding';
import { perUser, perUserLimiter } from '../http/middleware/per-user';
import type { Validate } from '../http/middleware/validate';
import { type Idempotent, idempotency, type OncePerKey } from './idempotency/middleware';
import type { IdempotencyService } from './idempotency/service';
import type { LoadMonitor } from './waiting-room/admission/load-monitor';
import { type QueueMiddleware, queueMiddleware } from './waiting-room/guard/middleware';
import type { SessionGuard } from './waiting-room/guard/session-guard';
import type { QueueService } from './waiting-room/service';

/** What routes are made of. A route names what applies to it, in the order in which it happens. */
export interface RouteMiddleware extends QueueMiddleware {
  /** Limits token issue per client address. */
  rateLimited: RequestHandler;
  validate: Validate;
  /** Limits the concurrent requests of one user. */
  perUser: RequestHandler;
  /**
   * The same as `shed`, for active users and at once: before the body is read and anything waits, so that under an
   * overload the time is left for those who are accepted.
   */
  refuseIfFull: RequestHandler;
  /** Refuses what could not be done in time. For all that uses a store each time. */
  shed: RequestHandler;
  /** The same for requests with a token of any status: those of users who are not active have few places. */
  shedAnyStatus: RequestHandler;
  /** The same for what anybody may read from a store without a token: separate places, and no load of the active users. */
  shedAnonymous: RequestHandler;
  idempotent: Idempotent;
  /**
   * All that an act of an active user passes, in this order: holds, payments, top-ups and what is done to orders.
   * @param read reads and checks the body, for a request that has one
   */
  byActiveUser: (
    purpose: 'hold' | 'write',
    once: OncePerKey,
    handler: RequestHandler,
    read?: RequestHandler[],
  ) => (RequestHandler | ErrorRequestHandler)[];
}

/** Most concurrent requests of one user in a process: no page sends more. */
const MAX_PER_USER = 100;
/** Most concurrent requests, in a process, of users who are not active: that read or cancel orders, and that are replays. */
const MAX_OF_OTHERS = 8;
/** Most concurrent requests, in a process, of readers of public logs and draws: one auditor sends half as many. */
const MAX_ANONYMOUS = 32;
/** The status of a request that is shed. */
const SHED = 503;
/** Limits the requests of one user after the end of the session, which may only be answered as before. */
const REPLAYS = { atOnce: 1, asked: 10 };

export interface RouteMiddlewareOptions {
  queue: QueueService;
  guard: SessionGuard;
  idempotency: IdempotencyService;
  load: LoadMonitor;
  rateLimited: RequestHandler;
  validate: Validate;
  shedding: LoadShedding;
  /** Most holds, top-ups and payments of one user that are processed concurrently. */
  perUserAtOnce: number;
  /** Longest time that a request waits for the earlier ones of its user. */
  perUserPatienceMs: number;
}

export function routeMiddleware(options: RouteMiddlewareOptions): RouteMiddleware {
  const { queue, guard, load, shedding, rateLimited, validate, perUserAtOnce, perUserPatienceMs } = options;
  const enterReplay = fewAtOnce(shedding, MAX_OF_OTHERS);
  const steps = {
    ...queueMiddleware(queue, guard, load),
    rateLimited,
    validate,
    perUser: perUser({
      atOnce: perUserAtOnce,
      asked: MAX_PER_USER,
      patienceMs: perUserPatienceMs,
      userOf: ({ claims }) => claims.userId,
    }),
    refuseIfFull: refuseIfFull(options),
    shed: shedding.shed,
    shedAnyStatus: shedApart(shedding, MAX_OF_OTHERS, ({ claims }) => !guard.isActive(claims)),
    shedAnonymous: shedApart(shedding, MAX_ANONYMOUS, () => true),
  };
  return {
    ...steps,
    byActiveUser: byActiveUser(steps),
    idempotent: idempotency(options.idempotency, {
      limiter: perUserLimiter({ ...REPLAYS, patienceMs: perUserPatienceMs }),
      mayHaveEnded: ({ claims }, refusal) => guard.mayHaveEnded(claims, refusal),
      shed: ({ exchange }) => enterReplay(exchange),
    }),
  };
}

const refuseIfFull =
  ({ shedding, guard, load }: RouteMiddlewareOptions): RequestHandler =>
  ({ claims }, res, next) => {
    if (shedding.isFull && guard.touchIfActive(claims)) {
      load.recordRequest(0, SHED, true);
      shedding.answerRefused(res);
    } else next();
  };

const byActiveUser =
  ({
    token,
    refuseIfFull,
    refuseWaiting,
    perUser,
    refuseInactive,
    measured,
    shed,
    active,
  }: Omit<RouteMiddleware, 'byActiveUser' | 'idempotent'>): RouteMiddleware['byActiveUser'] =>
  (purpose, { key, replay, replayIfRefused }, handler, read = []) => [
    token,
    refuseIfFull,
    ...read,
    key,
    refuseWaiting,
    perUser,
    refuseInactive(purpose),
    measured('write'),
    shed,
    active(purpose),
    replay,
    handler,
    replayIfRefused,
  ];

import type { ErrorRequestHandler, RequestHandler } from 'express';
import { NotFound } from '../../common/errors';
import { CircuitOpen } from '../../platform/circuit-breaker/errors';
import type { Logger } from '../../platform/observability/logger';
import { sendFailure } from '../envelope';
import { type Failure, failureOf, Overloaded } from '../errors';
import { routeOf } from './context';

/** Behind all routes. */
export const notFound: RequestHandler = () => {
  throw new NotFound('This path');
};

/** Last of all: the one place where an error is answered. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, req, res, _next) => {
    const known = failureOf(error);
    if (isOurs(error, known)) {
      const request = { requestId: res.exchange.requestId, method: req.method, route: routeOf(req) };
      logger[known.status === 500 ? 'error' : 'warn']({ err: error, ...request }, 'request failed');
    }
    if (res.headersSent) {
      res.exchange.answered(known.status);
      res.destroy(); // too late for an answer
    } else sendFailure(res, known);
  };
}

/**
 * Whether an error is one of our side, for the log; what the caller did wrong is no concern of the operator's. Nor is
 * each single one of thousands refused in a second: breaker states are logged, and metrics count the refused.
 */
const isOurs = (error: unknown, { status }: Failure): boolean =>
  status >= 500 && !(error instanceof CircuitOpen) && !(error instanceof Overloaded);

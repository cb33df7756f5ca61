import type { ErrorRequestHandler } from 'express';
import { ApiError, BadInput, NotFound, Overloaded, Unavailable, Unknown } from '../common/errors';
import { CallTimedOut, CircuitOpen } from '../platform/circuit-breaker/breaker';
import type { Logger } from '../platform/observability/logger';
import { sendFailure } from './envelope';

/** The one place where an error becomes an answer. What is not known is 500, and its stack stays in the log. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof CircuitOpen)
    return new Unavailable('This service', Math.max(1, Math.ceil(error.retryAfterMs / 1000)));
  if (error instanceof CallTimedOut) return new Unavailable('This service');
  return fromExpress(error) ?? new Unknown();
}

/**
 * Says in the log what failed on our side; what the caller did wrong is no concern of the operator's. Nor is each
 * single one of thousands refused in a second: breaker states are logged, and metrics count the refused.
 */
export function logFailure(
  logger: Logger,
  error: unknown,
  known: ApiError,
  request: { requestId: string; method: string; route: string },
): void {
  if (known.status < 500 || error instanceof CircuitOpen || error instanceof Overloaded) return;
  logger[known.status === 500 ? 'error' : 'warn']({ err: error, ...request }, 'request failed');
}

/** For what Express serves. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const known = toApiError(error);
    const requestId = String(res.locals.requestId);
    logFailure(logger, error, known, { requestId, method: req.method, route: 'none' });
    if (res.headersSent)
      next(error); // too late for an answer: Express ends the connection
    else sendFailure(res, known);
  };
}

/** Express' own errors carry a 4xx `status`: a broken percent-encoding, a missing file. */
function fromExpress(error: unknown): ApiError | undefined {
  if (!(error instanceof Error && 'status' in error && typeof error.status === 'number')) return undefined;
  if (error.status >= 500) return undefined;
  return error.status === 404 ? new NotFound('This path') : new BadInput('url: malformed');
}

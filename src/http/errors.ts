import { DomainError, NotFound, Unauthorized, Unavailable } from '../common/errors';
import { CallTimedOut, CircuitOpen } from '../platform/circuit-breaker/errors';

/** How to authenticate: with a queue token, or for operators with MANAGEMENT_TOKEN (RFC 6750, 3). */
export const CHALLENGE = 'Bearer realm="concert-reservation"';

/** An error with its HTTP status. */
export interface Failure {
  status: number;
  /** `exception.code` of the answer. */
  code: string;
  message: string;
  /** Name, value, name, value, … */
  headers: readonly string[];
}

/** An error that only HTTP knows of. */
export class HttpError extends Error implements Failure {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: readonly string[] = [],
    readonly code = String(status),
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class BadInput extends HttpError {
  constructor(message: string) {
    super(400, message);
  }
}

/** What Node cannot read as a request. */
export class BrokenRequest extends HttpError {
  constructor(status: 400 | 408 | 413 | 431, message: string) {
    super(status, message, [], '400');
  }
}

export class MethodNotAllowed extends HttpError {
  constructor(allowed: string) {
    super(405, `This path answers ${allowed} only.`, ['Allow', allowed]);
  }
}

export class PayloadTooLarge extends HttpError {
  constructor(limitBytes: number) {
    super(413, `The body is larger than ${limitBytes} bytes.`);
  }
}

export class UnsupportedMediaType extends HttpError {
  constructor(message = 'The body must be JSON in UTF-8: send Content-Type: application/json.') {
    super(415, message);
  }
}

export class ExpectationFailed extends HttpError {
  constructor() {
    super(417, 'Expect: 100-continue is the only one that is understood.');
  }
}

export class TooManyRequests extends HttpError {
  constructor(sender: 'address' | 'user', retryAfterSeconds: number) {
    super(429, `Too many requests from this ${sender}: slow down.`, retryAfter(retryAfterSeconds));
  }
}

/** There are more requests than can be answered in time. One is refused at once, so that the others are served. */
export class Overloaded extends HttpError {
  constructor() {
    super(503, 'This service is not available right now: try again shortly.', retryAfter(1));
  }
}

/** Error codes of the study, whose HTTP status does not follow from the code. */
const STATUS: Record<string, number | undefined> = {
  '001': 403,
  '002': 409,
  '003': 403,
  '004': 409,
  '005': 409,
};

const WORD = /^[A-Z_]+$/;

/** HTTP status of an error code. The codes that are words name a state of things that does not allow the request: 409. */
export const statusOf = (code: string): number => STATUS[code] ?? (WORD.test(code) ? 409 : Number(code));

/** The one place where an error becomes an answer. What is not known is 500, and its stack stays in the log. */
export function failureOf(error: unknown): Failure {
  if (error instanceof HttpError) return error;
  if (error instanceof DomainError) return fromDomain(error);
  if (error instanceof CircuitOpen)
    return fromDomain(new Unavailable('This service', secondsUntilRetry(error)));
  if (error instanceof CallTimedOut) return fromDomain(new Unavailable('This service'));
  return fromExpress(error) ?? new HttpError(500, 'Something went wrong on our side.');
}

/** A probe closes the breaker as soon as its store is back (ADR 7), so nobody needs to wait for the end of its time. */
const MAX_BREAKER_SECONDS = 5;

const secondsUntilRetry = ({ retryAfterMs }: CircuitOpen): number =>
  Math.min(MAX_BREAKER_SECONDS, Math.max(1, Math.ceil(retryAfterMs / 1000)));

/** No second error: its stack trace would cost more than the rest of a refusal. */
function fromDomain(error: DomainError): Failure {
  const { code, message, retryAfterSeconds } = error;
  const status = statusOf(code);
  const headers = retryAfterSeconds === undefined ? [] : retryAfter(retryAfterSeconds);
  const authenticate = error instanceof Unauthorized ? error.authenticate : undefined;
  if (status === 401) headers.push('WWW-Authenticate', authenticate ?? CHALLENGE); // RFC 9110, 15.5.2
  return { status, code, message, headers };
}

const retryAfter = (seconds: number): string[] => ['Retry-After', String(seconds)];

/** What files and forms of Express refuse with statuses that mean something. */
const FROM_EXPRESS = new Map([
  [412, 'If-Match, If-Unmodified-Since: the file is another one now.'],
  [413, 'The form is too large.'],
  [415, 'The form must be UTF-8, in a Content-Encoding that is understood.'],
  [416, 'Range: the file does not have these bytes.'],
]);

/** Express' own errors carry a 4xx `status`: a broken percent-encoding, a missing file, a form that is too large. */
function fromExpress(error: unknown): Failure | undefined {
  if (!(error instanceof Error && 'status' in error && typeof error.status === 'number')) return undefined;
  const { status } = error;
  if (status >= 500) return undefined;
  if (status === 404) return fromDomain(new NotFound('This path'));
  const message = FROM_EXPRESS.get(status);
  return message === undefined ? new BadInput('url: malformed') : new HttpError(status, message);
}

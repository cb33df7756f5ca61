/** Every error a caller may see. `code` is stable and goes into `exception.code`; `status` is HTTP's. */
export abstract class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    /** Seconds after which the caller may try again; sent as `Retry-After`. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class BadInput extends ApiError {
  constructor(message: string) {
    super('400', 400, message);
  }
}

/** What Node cannot read as a request, with HTTP's own status. */
export class BrokenRequest extends ApiError {
  constructor(status: 400 | 408 | 413 | 431, message: string) {
    super('400', status, message);
  }
}

export class Unauthorized extends ApiError {
  constructor(message: string) {
    super('401', 401, message);
  }
}

export class Forbidden extends ApiError {
  constructor(message: string) {
    super('403', 403, message);
  }
}

export class NotFound extends ApiError {
  constructor(what: string) {
    super('404', 404, `${what} does not exist.`);
  }
}

export class MethodNotAllowed extends ApiError {
  constructor(readonly allowed: string) {
    super('405', 405, `This path answers ${allowed} only.`);
  }
}

export class Conflict extends ApiError {
  constructor(message: string, retryAfterSeconds?: number) {
    super('409', 409, message, retryAfterSeconds);
  }
}

export class PayloadTooLarge extends ApiError {
  constructor(limitBytes: number) {
    super('413', 413, `The body is larger than ${limitBytes} bytes.`);
  }
}

export class UnsupportedMediaType extends ApiError {
  constructor(message = 'The body must be JSON in UTF-8: send Content-Type: application/json.') {
    super('415', 415, message);
  }
}

export class ExpectationFailed extends ApiError {
  constructor() {
    super('417', 417, 'Expect: 100-continue is the only one that is understood.');
  }
}

export class KeyReused extends ApiError {
  constructor() {
    super('422', 422, 'This Idempotency-Key was used before with another request.');
  }
}

export class TooManyRequests extends ApiError {
  constructor(whence: string, retryAfterSeconds: number) {
    super('429', 429, `Too many requests from this ${whence}: slow down.`, retryAfterSeconds);
  }
}

export class Unknown extends ApiError {
  constructor() {
    super('500', 500, 'Something went wrong on our side.');
  }
}

/** A dependency is down, too slow, or its breaker is open. */
export class Unavailable extends ApiError {
  constructor(what: string, retryAfterSeconds = 1) {
    super('503', 503, `${what} is not available right now: try again shortly.`, retryAfterSeconds);
  }
}

/** More is asked than can be done in time: told at once, so that the rest is served. */
export class Overloaded extends Unavailable {
  constructor() {
    super('This service');
  }
}

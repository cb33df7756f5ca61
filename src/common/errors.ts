/**
 * A reason to refuse, as the caller receives it. `code` is stable: it goes into `exception.code` of the answer.
 * What an error means in HTTP (status, headers) is decided in http/errors.ts alone.
 */
export abstract class DomainError extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Seconds after which the caller may try again. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** The token is missing, malformed or not signed by us. */
export class Unauthorized extends DomainError {
  /** @param authenticate how to authenticate, as WWW-Authenticate says it; undefined: with a token of ours */
  constructor(
    message: string,
    readonly authenticate?: string,
  ) {
    super('401', message);
  }
}

/** The user has no right to the resource, now or later. */
export class Forbidden extends DomainError {
  constructor(message: string) {
    super('403', message);
  }
}

export class NotFound extends DomainError {
  constructor(what: string) {
    super('404', `${what} does not exist.`);
  }
}

/** The state of things does not allow it; another state may. */
export class Conflict extends DomainError {
  constructor(message: string, { code = '409', retryAfterSeconds }: ConflictOptions = {}) {
    super(code, message, retryAfterSeconds);
  }
}

interface ConflictOptions {
  code?: string;
  retryAfterSeconds?: number;
}

/** A dependency is down, too slow, or its breaker is open. */
export class Unavailable extends DomainError {
  constructor(
    what: string,
    retryAfterSeconds = 1,
    message = `${what} is not available right now: try again shortly.`,
  ) {
    super('503', message, retryAfterSeconds);
  }
}

/** Whether an error is a refusal rather than an outage. A refusal says nothing about the health of the dependency. */
export const isRefusal = (error: unknown): error is DomainError =>
  error instanceof DomainError && !(error instanceof Unavailable);

import type { IncomingMessage } from '../../../platform/kafka';
import { describeFailure } from '../errors';

export const EVENT_ID = 'event-id';
export const TRACEPARENT = 'traceparent';
const ERROR = 'error';
const ATTEMPTS = 'attempts';
const FIRST_FAILED_AT = 'first-failed-at';

/** Failed tries that a message of a DLQ has had; `otherwise` when its header says nothing sensible. */
export function attemptsOf({ headers }: IncomingMessage, otherwise: number): number {
  const attempts = Number(headers[ATTEMPTS]);
  return Number.isSafeInteger(attempts) && attempts > 0 ? attempts : otherwise;
}

/** What a message carries into a DLQ: its own headers, and what happened to it. */
export const failedHeaders = (
  { headers }: IncomingMessage,
  error: unknown,
  attempts: number,
): Record<string, string> => ({
  [FIRST_FAILED_AT]: new Date().toISOString(), // the first one wins: it comes again with `headers`
  ...headers,
  [ERROR]: describeFailure(error),
  [ATTEMPTS]: String(attempts),
});

import type { Evidence, Violation } from '../observed/evidence.ts';
import type { Operation } from '../observed/history.ts';

const ACTS = ['token', 'charge', 'reserve', 'pay'] as const;

/** Whether each act of a purchase that began in the span, in milliseconds of the history, succeeded at least once. */
export const hasSucceeded = (operations: Operation[], fromMs: number, toMs: number): boolean =>
  ACTS.every((wanted) =>
    operations.some(
      ({ act, outcome, startMs }) =>
        act === wanted && outcome === 'ok' && startMs >= fromMs && startMs < toMs,
    ),
  );

/** Whatever is broken, a server error is 503 with Retry-After, never 500; and something must have gone well. */
export function checkAnswers({ operations, phases }: Evidence): Violation[] {
  const wrong = operations
    .filter(({ status, hasRetryAfter }) => status >= 500 && (status !== 503 || hasRetryAfter !== true))
    .map(({ act, status, endMs, code }): Violation => ({
      check: 'wrong answer',
      atMs: endMs,
      what: `${act} was answered ${status} ${code ?? ''}${status === 503 ? ' without Retry-After' : ''}`,
    }));
  const idle = phases
    .filter(({ fromMs, toMs }) => !hasSucceeded(operations, fromMs, toMs))
    .map(({ name, fromMs }): Violation => ({
      check: 'no success',
      atMs: fromMs,
      what: `${name}: one of ${ACTS.join(', ')} never succeeded`,
    }));
  const unclean = phases.flatMap(({ faults }) =>
    faults.flatMap(({ wrong: how, fromMs }): Violation[] =>
      how === undefined ? [] : [{ check: 'unclean end', atMs: fromMs, what: how }],
    ),
  );
  return [...wrong, ...idle, ...unclean];
}

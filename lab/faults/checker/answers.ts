import type { Evidence, Violation } from '../observed/evidence.ts';

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
    .filter(({ fromMs, toMs }) =>
      (['token', 'charge', 'reserve', 'pay'] as const).some(
        (wanted) =>
          !operations.some(
            ({ act, outcome, startMs }) =>
              act === wanted && outcome === 'ok' && startMs >= fromMs && startMs < toMs,
          ),
      ),
    )
    .map(({ name, fromMs }): Violation => ({
      check: 'no success',
      atMs: fromMs,
      what: `${name}: one of token, charge, reserve, pay never succeeded`,
    }));
  const unclean = phases.flatMap(({ faults }) =>
    faults.flatMap(({ wrong: how, fromMs }): Violation[] =>
      how === undefined ? [] : [{ check: 'unclean end', atMs: fromMs, what: how }],
    ),
  );
  return [...wrong, ...idle, ...unclean];
}

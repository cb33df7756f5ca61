import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** Waits before try number `attempt` (1, 2, …) of reaching Kafka again; returns early when `signal` aborts. */
export async function pauseBefore(attempt: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_PAUSE_MS);
  await sleep(ms * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
}

/** Waits for `work`, at most `ms`; never throws. @returns whether it ended in time */
export async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const limit = new AbortController();
  const ended = await Promise.race([
    work.then(
      () => true,
      () => true,
    ),
    sleep(ms, false, { signal: limit.signal }).catch(() => false),
  ]);
  limit.abort();
  return ended;
}

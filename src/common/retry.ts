import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Tries `work` until it succeeds. It is the one retry of technical failures; events have their own policy.
 * @param pauseMs after a failed attempt (1, 2, …): the pause before the next one; undefined: the error is final
 */
export async function retry<T>(
  work: () => Promise<T>,
  pauseMs: (error: unknown, attempt: number) => number | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const ms = pauseMs(error, attempt);
      if (ms === undefined) throw error;
      await sleep(ms);
    }
  }
}

import { type Answer, drop, isUnknown, jittered, keep, readKept, signal, wait } from '../kernel';

/** What is sent and not answered yet: its key is kept before the request leaves, so that nothing is ever done twice. */
interface Pending {
  key: string;
  body: string;
}

/** A request with an open outcome is being asked again. */
export const isChecking = signal(false);

const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 10_000;

const nameOf = (what: string): string => `concert.pending.${what}`;

/** What was sent before this page was loaded, and never answered. */
export function pendingBody(what: string): unknown {
  const pending = readKept(nameOf(what)) as Pending | undefined;
  return pending && (JSON.parse(pending.body) as unknown);
}

/**
 * Does something once, however often it has to be asked: the same key goes with each attempt until there is an answer.
 * Nothing whose outcome is unknown is ever called failed.
 */
export async function once<Data>(
  what: string,
  body: unknown,
  send: (key: string) => Promise<Answer<Data>>,
): Promise<Answer<Data>> {
  const text = JSON.stringify(body);
  const known = readKept(nameOf(what)) as Pending | undefined;
  const pending = known?.body === text ? known : { key: crypto.randomUUID(), body: text };
  keep(nameOf(what), pending);
  try {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)) {
      const answer = await send(pending.key);
      if (!isUnknown(answer)) {
        drop(nameOf(what));
        return answer;
      }
      isChecking.value = true;
      await wait(jittered(Math.max(retryMs, answer.ok ? 0 : answer.retryAfterMs)));
    }
  } finally {
    isChecking.value = false;
  }
}

/** With this key. */
export const keyed = (key: string, token: string): { headers: Record<string, string> } => ({
  headers: { Authorization: token, 'Idempotency-Key': key },
});

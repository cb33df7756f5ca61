import { z } from 'zod';
import { readBounded } from '../../../../common/read-bounded';

const LIMIT = { maxBytes: 16_384, what: 'siteverify' };

export interface SiteverifyReply {
  isSuccess: boolean;
  /** Codes; empty for a success. */
  faults: string[];
  /** Host of the page that showed the widget. */
  hostname: string;
  /** The action that the widget was made for. */
  action: string;
  /** NaN: unknown. */
  solvedAtMs: number;
}

/** Verifies one response. @param key the same for calls about the same response, which then repeat the first one's reply */
export type Siteverify = (response: string, key: string) => Promise<SiteverifyReply>;

/** The configured secret is wrong: no response can be verified. */
export class SecretRefused extends Error {
  constructor() {
    super('siteverify refuses TOKEN_TURNSTILE_SECRET');
  }
}

const Reply = z.object({
  success: z.boolean(),
  'error-codes': z.array(z.string().max(100)).max(20).default([]),
  hostname: z.string().default(''),
  action: z.string().default(''),
  challenge_ts: z.string().default(''),
});

const SECRET_FAULTS = ['missing-input-secret', 'invalid-input-secret'];
/** The service says that it has failed, not that the response is bad. */
const FAILURE = 'internal-error';

/**
 * Cloudflare's siteverify, or a service with the same form
 * (https://developers.cloudflare.com/turnstile/get-started/server-side-validation).
 * @throws when there is no reply in time, or none that says yes or no
 */
export const siteverifyAt =
  (url: string, { secret, timeoutMs }: { secret: string; timeoutMs: number }): Siteverify =>
  async (response, key) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ secret, response, idempotency_key: key }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    // 400 comes with a reply as well.
    if (answer.status !== 200 && answer.status !== 400) {
      await answer.body?.cancel();
      throw new Error(`siteverify: the answer was ${answer.status}`);
    }
    const reply = Reply.parse(JSON.parse(await readBounded(answer, LIMIT)));
    const faults = reply['error-codes'];
    if (faults.some((fault) => SECRET_FAULTS.includes(fault))) throw new SecretRefused();
    if (faults.includes(FAILURE)) throw new Error('siteverify: it has failed');
    const { success: isSuccess, hostname, action, challenge_ts } = reply;
    return { isSuccess, faults, hostname, action, solvedAtMs: Date.parse(challenge_ts) };
  };

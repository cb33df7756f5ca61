import { api, ask, limited, refusal, type Answer } from '../shared/api/client';
import { COST_SCRIPT, IS_ELSEWHERE, QUEUE_ID, RETURNED } from './page';
import { claimsOf, setPlace } from './place';
import type { Proof } from './proof/proof';

/** What a token request carries; an assertion names the user. */
export interface Cost {
  userId?: number;
  proof?: Proof;
  assertion?: string;
}

interface CostScript {
  pay: (userId: number) => Promise<Answer<Cost>>;
  /** Gets the answer to the request. */
  settle?: (answer: Answer<unknown>) => void;
}

/**
 * Gets an entry in the queue, or the one that the user has already; first the proof or assertion that it costs.
 * @param userId without effect where the shop signs users in
 * @returns 404 where only the shop's own page gets an entry: the first screen says so
 */
export async function join(userId: number): Promise<Answer<unknown>> {
  if (IS_ELSEWHERE) return refusal('404');
  // Most installations demand nothing, so that no script is loaded.
  const script =
    COST_SCRIPT === ''
      ? FREE
      : ((await import(COST_SCRIPT).catch(() => undefined)) as CostScript | undefined);
  if (script === undefined) return refusal('OFFLINE');
  const cost = await script.pay(userId);
  if (!cost.ok) return cost;
  // The document of the API has `userId`; with identity the service takes the assertion instead.
  const body = { ...(QUEUE_ID === '' ? {} : { queueId: QUEUE_ID }), ...cost.data } as { userId: number };
  const answer = await ask(api.POST('/v1/api/queue/token', { body, ...limited() }));
  script.settle?.(answer);
  if (answer.ok) {
    const token = answer.data.queueToken;
    setPlace({ token, userId: claimsOf(token)?.userId ?? userId, phase: 'waiting' });
  }
  return answer;
}

const FREE: CostScript = { pay: (userId) => Promise.resolve({ ok: true, data: { userId } }) };

/** The user has come back from the shop's sign-in: the request for an entry goes on. */
export const resumed = RETURNED === '' ? undefined : join(0);

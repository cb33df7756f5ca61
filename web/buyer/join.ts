import { api, ask, limited, refusal, type Answer } from '../shared/api/client';
import { COST_SCRIPT, IS_ELSEWHERE, QUEUE_ID, RETURNED } from './page';
import { claimsOf, setPlace } from './place';
import type { Proof } from './proof/proof';

/** What a request for a place brings along; an assertion names the user. */
export interface Cost {
  userId?: number;
  proof?: Proof;
  assertion?: string;
}

interface CostScript {
  pay: (userId: number) => Promise<Answer<Cost>>;
  /** What came of the request. */
  settle?: (answer: Answer<unknown>) => void;
}

/**
 * Gets a place in the line, or the one that the user has already; first what it costs.
 * @param userId without effect where the shop signs users in
 * @returns 404 where only the shop's own page gets a place: the first screen says so
 */
export async function join(userId: number): Promise<Answer<unknown>> {
  if (IS_ELSEWHERE) return refusal('404');
  // Most installations demand nothing.
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

/** The user comes back from the shop: what has begun there goes on. */
export const resumed = RETURNED === '' ? undefined : join(0);

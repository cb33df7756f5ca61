import { api, ask, limited, type Answer } from '../shared/api/client';
import { PROOF_SCRIPT, QUEUE_ID } from './page';
import { setPlace } from './place';
import type { Proof } from './proof/proof';

/** What a request for a place brings along. */
interface Price {
  proof?: Proof;
}

interface ProofScript {
  prove: (userId: number) => Promise<Answer<Price>>;
}

/** Gets a place in the line, or the one that the user has already; first what it costs, if that is a proof of work. */
export async function join(userId: number): Promise<Answer<unknown>> {
  const price = await pay(userId);
  if (!price.ok) return price;
  const body = { userId, ...(QUEUE_ID === '' ? {} : { queueId: QUEUE_ID }), ...price.data };
  const answer = await ask(api.POST('/v1/api/queue/token', { body, ...limited() }));
  if (answer.ok) setPlace({ token: answer.data.queueToken, userId, phase: 'waiting' });
  return answer;
}

/** The script is loaded when it is needed: most installations demand nothing. */
async function pay(userId: number): Promise<Answer<Price>> {
  if (PROOF_SCRIPT === '') return { ok: true, data: {} };
  const script = (await import(PROOF_SCRIPT).catch(() => undefined)) as ProofScript | undefined;
  return script?.prove(userId) ?? { ok: false, code: 'OFFLINE', message: '', status: 0, retryAfterMs: 0 };
}

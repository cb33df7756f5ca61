import { api, ask, limited, type Answer } from '../shared/api/client';
import { QUEUE_ID } from './page';
import { setPlace } from './place';

/** Gets a place in the line, or the one that the user has already. */
export async function join(userId: number): Promise<Answer<unknown>> {
  const body = { userId, ...(QUEUE_ID === '' ? {} : { queueId: QUEUE_ID }) };
  const answer = await ask(api.POST('/v1/api/queue/token', { body, ...limited() }));
  if (answer.ok) setPlace({ token: answer.data.queueToken, userId, phase: 'waiting' });
  return answer;
}

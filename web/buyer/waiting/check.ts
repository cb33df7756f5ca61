import { api, ask, limited } from '../../shared/api/client';
import { authorized, entryOf, movePhase, type Place, place, setPlace } from '../place';
import { heard, isLost } from './status';

/** Checks the token at the queue: when its turn has come, or when the status alone cannot say. */
export async function checkPlace(): Promise<void> {
  const now = place.value;
  if (now === undefined) return;
  const answer = await ask(api.POST('/v1/api/queue/token/check', { ...authorized(now.token), ...limited() }));
  if (place.value?.token !== now.token) return; // another place meanwhile
  isLost.value = !answer.ok && (answer.code === 'OFFLINE' || answer.status >= 500);
  if (!answer.ok) {
    if (answer.code === '001' || answer.code === '401') movePhase('expired');
    return;
  }
  const { status, queuePosition } = answer.data;
  if (status === 'PROGRESS') movePhase('active');
  else if (status === 'DONE') movePhase('done');
  else if (status === 'EXPIRED') movePhase('expired');
  else takeWaiting(now, queuePosition, answer.data.seq);
}

/** After a draw the position is another one, once; else it never goes back. */
function takeWaiting(now: Place, position: number, seq: number): void {
  const isPassed = seq <= (heard.value?.status.headSeq ?? 0);
  const before: Partial<Place> = seq === entryOf(now)?.seq ? now : {};
  const best = Math.min(before.position ?? position, position);
  setPlace({
    ...now,
    seq,
    phase: isPassed ? 'rejoined' : 'waiting',
    position: best,
    firstPosition: before.firstPosition ?? best,
  });
}

/** Says that the user is still here; nothing is lost if it fails once. */
export async function sayPresent(): Promise<void> {
  const token = place.value?.token;
  if (token === undefined) return;
  const request = { ...authorized(token), keepalive: true, ...limited() };
  await api.POST('/v1/api/queue/presence', request).catch(() => undefined);
}

import { signal } from '@preact/signals';
import { isUnknown } from '../../shared/api/client';
import { loadAudit } from '../panels/audit-state';
import { loadDates } from '../panels/dates-state';
import { loadRehearsals } from '../panels/rehearsal/state';
import { t } from '../texts';
import { type Act, send } from './send';

/** Message about the last act, and its outcome. */
export const outcome = signal<{ text: string; isGood: boolean } | undefined>(undefined);
export const isSending = signal(false);

/** @param name of the act, for the message. @returns whether it succeeded */
export async function perform(act: Act, name: string): Promise<boolean> {
  isSending.value = true;
  outcome.value = undefined;
  const answer = await send(act);
  isSending.value = false;
  const { acts } = t.peek();
  if (answer.ok) outcome.value = { text: acts.done(name), isGood: true };
  else if (answer.code === '412') outcome.value = { text: acts.conflict, isGood: false };
  else if (answer.status === 403) outcome.value = { text: acts.forbidden, isGood: false };
  else if (answer.status === 503) outcome.value = { text: acts.unavailable, isGood: false };
  else if (isUnknown(answer)) outcome.value = { text: acts.unknown, isGood: false };
  else outcome.value = { text: acts.failed(answer.message), isGood: false };
  void loadAudit();
  if (act.kind === 'sale' || act.kind === 'cancel') void loadDates();
  if (act.kind === 'rehearse' || act.kind === 'unrehearse') void loadRehearsals();
  return answer.ok;
}

import {
  announce,
  type Answer,
  api,
  ask,
  authorized,
  formatLeft,
  limited,
  movePhase,
  place,
  serverNow,
  signal,
} from '../kernel';
import { shopTexts } from './texts';
import { extend, type Order, pay, release, topUp } from './orders';
import { addTicket, problemOf, setOrder, tokenOf } from './state';

export const balance = signal<number | undefined>(undefined);

export async function readBalance(): Promise<void> {
  const answer = await ask(api.GET('/v1/api/user/amount', { ...authorized(tokenOf()), ...limited() }));
  if (answer.ok) balance.value = answer.data.amount;
}

/** The outcome of an act: a problem's code, or nothing. */
export type Outcome = Promise<string>;

export async function submitPayment(of: Order): Outcome {
  const userId = place.value?.userId ?? 0;
  const answer = await pay(tokenOf(), of);
  if (answer.ok) finish(of, answer.data, userId);
  if (answer.ok) return '';
  if (answer.code === '005') await readBalance(); // the button then says what is missing
  return answer.code === '005' ? '' : failed(of, answer);
}

export async function submitExtension(of: Order): Outcome {
  const answer = await extend(tokenOf(), of);
  if (!answer.ok) {
    if (answer.code === 'ALREADY_EXTENDED') setOrder({ ...of, extended: true });
    return failed(of, answer);
  }
  setOrder(answer.data);
  announce(shopTexts.peek().order.extended(formatLeft(answer.data.heldUntilMs - serverNow())));
  return '';
}

export async function submitRelease(of: Order): Outcome {
  const answer = await release(tokenOf(), of);
  if (!answer.ok && answer.code !== 'HOLD_ENDED') return problemOf(answer);
  setOrder(undefined);
  return '';
}

export async function submitTopUp(amount: number): Outcome {
  const answer = await topUp(tokenOf(), amount);
  if (answer.ok) balance.value = answer.data;
  return problemOf(answer);
}

/** An order that the service does not hold any more is over here as well. */
function failed(of: Order, answer: Answer<unknown>): string {
  if (!answer.ok && answer.code === 'HOLD_ENDED') setOrder({ ...of, heldUntilMs: 0 });
  return problemOf(answer);
}

/** Paid: the ticket is kept before anything else. */
function finish(of: Order, paid: number, userId: number): void {
  addTicket({ id: of.id, userId, paid, order: of });
  balance.value = undefined;
  setOrder(undefined);
  movePhase('done');
}

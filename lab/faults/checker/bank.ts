import type { Evidence, FinalState, Violation } from '../observed/evidence.ts';
import type { Operation } from '../observed/history.ts';
import { type Wish, wishesOf } from './wishes.ts';

/** More wishes than this may be open at a look at the balance: it is not judged. */
const OPEN_MOST = 16;

interface Effect {
  wish: Wish;
  amount: number;
  /** Whether the ledger has it. */
  happened: boolean;
}

/**
 * A bank per user: the ledger has each top-up and payment that was acknowledged exactly once, none that was
 * refused, those of unknown outcome at most once, and nothing else; the balance is its sum. Each balance that a buyer
 * got can be explained by an order of the requests: what was known to be done before it was asked is in it,
 * what was asked for later is not, what was under way may be.
 */
export function checkBank({ operations, state }: Evidence): Violation[] {
  const wishes = wishesOf(operations).filter(
    ({ act }) => act === 'charge' || act === 'pay' || act === 'cancel',
  );
  const prices = pricesOf(state);
  const reservationOf = new Map(state.payments.map(({ id, reservationId }) => [id, reservationId]));
  const ledger = new Map<number, FinalState['ledger']>();
  for (const entry of state.ledger) addTo(ledger, entry.userId, entry);
  const byUser = new Map<number, Wish[]>();
  for (const wish of wishes) addTo(byUser, wish.userId, wish);
  const looks = new Map<number, Operation[]>();
  for (const look of operations)
    if (look.act === 'balance' && look.outcome === 'ok') addTo(looks, look.userId, look);
  const violations: Violation[] = [];
  const add = (found: Violation[]): void => {
    for (const violation of found) violations.push(violation);
  };
  for (const [userId, own] of byUser) {
    const { effects, found } = settle(userId, own, state.balances, ledger, reservationOf, prices);
    add(found);
    for (const { answered, startMs, endMs } of looks.get(userId) ?? [])
      add(explain(userId, answered?.amount ?? NaN, startMs, endMs, effects));
    for (const { wish } of effects)
      if (wish.act === 'charge' && wish.done !== undefined)
        add(explain(userId, wish.done.answered?.amount ?? NaN, wish.startMs, wish.okMs, effects, wish));
  }
  return violations;
}

function addTo<T>(lists: Map<number, T[]>, key: number, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Price of each order, by its first reservation. */
function pricesOf({ reservations }: FinalState): Map<number, number> {
  const totals = new Map<number, number>();
  for (const { orderId, amount } of reservations)
    if (orderId !== undefined) totals.set(orderId, (totals.get(orderId) ?? 0) + amount);
  return new Map(reservations.map(({ id, orderId, amount }) => [id, totals.get(orderId ?? 0) ?? amount]));
}

function settle(
  userId: number,
  wishes: Wish[],
  balances: Map<number, number>,
  ledger: Map<number, FinalState['ledger']>,
  reservationOf: Map<number, number>,
  prices: Map<number, number>,
): { effects: Effect[]; found: Violation[] } {
  const found: Violation[] = [];
  const own = ledger.get(userId) ?? [];
  const explained = new Set<(typeof own)[number]>();
  const booked = new Set<string>();
  const nameOf = ({ act, operations }: Wish): string => `${act} ${operations[0]?.reservationId ?? 0}`;
  const maybeBooked = new Set(wishes.filter(({ verdict }) => verdict !== 'fail').map(nameOf));
  const effects: Effect[] = [];
  for (const wish of wishes) {
    const { act, verdict, okMs } = wish;
    const request = wish.operations[0];
    const reservationId = request?.reservationId ?? 0;
    const kind = act === 'cancel' ? 'REFUND' : 'PAYMENT';
    const entries = own.filter((entry) =>
      act === 'charge'
        ? entry.kind === 'CHARGE' && entry.amount === request?.amount
        : entry.kind === kind && reservationOf.get(entry.paymentId ?? 0) === reservationId,
    );
    for (const entry of entries) explained.add(entry);
    const about = `${act} ${wish.key} of user ${userId}`;
    if (entries.length > 1)
      found.push({
        check: 'key acted twice',
        atMs: wish.startMs,
        what: `${about} is in the ledger ${entries.length} times`,
      });
    if (verdict === 'ok' && entries.length === 0)
      found.push({
        check: 'lost 2xx',
        atMs: okMs,
        what: `${about} was acknowledged and is not in the ledger`,
      });
    const isAnothers = act !== 'charge' && maybeBooked.has(nameOf(wish)); // a second one of it is refused
    if (verdict === 'fail' && entries.length > 0 && !isAnothers)
      found.push({
        check: 'key acted twice',
        atMs: wish.startMs,
        what: `${about} was refused and is in the ledger`,
      });
    if (act !== 'charge' && (booked.has(nameOf(wish)) || verdict === 'fail')) continue; // the same money
    if (act !== 'charge') booked.add(nameOf(wish));
    const price = prices.get(reservationId) ?? 0;
    const amount = { charge: request?.amount ?? 0, pay: -price, cancel: price }[
      act as 'charge' | 'pay' | 'cancel'
    ];
    effects.push({ wish, amount, happened: entries.length > 0 });
  }
  for (const { kind, amount } of own.filter((entry) => !explained.has(entry)))
    found.push({ check: 'ledger drift', what: `user ${userId}: ${kind} of ${amount} that nobody asked for` });
  const sum = own.reduce((total, { amount }) => total + amount, 0);
  if ((balances.get(userId) ?? 0) !== sum)
    found.push({
      check: 'ledger drift',
      what: `user ${userId}: balance ${balances.get(userId) ?? 0}, ledger ${sum}`,
    });
  return { effects, found };
}

/** @param itself a charge whose own answer it was: it is in the balance */
function explain(
  userId: number,
  answered: number,
  startMs: number,
  endMs: number,
  effects: Effect[],
  itself?: Wish,
): Violation[] {
  let certain = 0;
  const open: number[] = [];
  for (const { wish, amount, happened } of effects) {
    if (wish === itself || (wish.okMs <= startMs && happened)) certain += amount;
    else if (happened && wish.startMs < endMs) open.push(amount);
  }
  if (open.length > OPEN_MOST) return [];
  for (let subset = 0; subset < 2 ** open.length; subset++) {
    const sum = open.reduce((total, amount, i) => total + ((subset >> i) & 1 ? amount : 0), certain);
    if (sum === answered) return [];
  }
  return [
    {
      check: 'ledger drift',
      atMs: endMs,
      what: `user ${userId} got the balance ${answered}, which no order of the requests explains`,
    },
  ];
}

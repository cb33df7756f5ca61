import {
  announce,
  api,
  ask,
  authorized,
  Card,
  effect,
  formatAge,
  formatLeft,
  formatWon,
  h,
  Heading,
  limited,
  movePhase,
  place,
  Problem,
  everySecond,
  serverNow,
  signal,
  t,
  useSignal,
  type VNode,
} from '../kernel';
import { shopTexts } from './texts';
import { isChecking } from './once';
import { type Order, pay, topUp } from './orders';
import { addTicket, order, problemOf, setOrder, tokenOf } from './state';

const balance = signal<number | undefined>(undefined);

async function readBalance(): Promise<void> {
  const answer = await ask(api.GET('/v1/api/user/amount', { ...authorized(tokenOf()), ...limited() }));
  if (answer.ok) balance.value = answer.data.amount;
}

/** Said aloud when so many seconds are left. */
const ANNOUNCED_S = [60, 30, 10];
let announcedS = Infinity;
effect(() => {
  everySecond();
  const leftS = ((order.value?.heldUntilMs ?? Infinity) - serverNow()) / 1000;
  const due = ANNOUNCED_S.find((each) => leftS > each - 5 && leftS <= each);
  if (due !== undefined && due !== announcedS)
    announce(shopTexts.peek().order.announce(formatAge(due * 1000)));
  announcedS = due ?? Infinity;
});

/** Held seats: pay for them in time. */
export function OrderScreen({ of }: { of: Order }): VNode {
  everySecond();
  const problem = useSignal('');
  const isBusy = useSignal(false);
  if (balance.value === undefined) void readBalance();
  const leftMs = of.heldUntilMs - serverNow();
  if (leftMs <= 0 && !isBusy.value) return <Ended />;
  const act = async (what: () => Promise<void>): Promise<void> => {
    if (isBusy.value) return;
    isBusy.value = true;
    problem.value = '';
    await what();
    isBusy.value = false;
  };
  const submitPayment = async (): Promise<void> => {
    const userId = place.value?.userId ?? 0;
    const answer = await pay(tokenOf(), of);
    if (answer.ok) finish(of, answer.data, userId);
    else if (answer.code === '005') await readBalance();
    else problem.value = problemOf(answer);
  };
  const submitTopUp = async (amount: number): Promise<void> => {
    const answer = await topUp(tokenOf(), amount);
    if (answer.ok) balance.value = answer.data;
    else problem.value = problemOf(answer);
  };
  const missing = of.total - (balance.value ?? of.total);
  const { order: texts } = shopTexts.value;
  const { checking } = t.value;
  const next =
    missing > 0
      ? { text: texts.topUp(formatWon(missing)), run: () => submitTopUp(missing) }
      : { text: texts.pay(formatWon(of.total)), run: submitPayment };
  return (
    <Card>
      <Heading name="order">{texts.title}</Heading>
      <p class="number small" role="timer" aria-label={texts.until(formatLeft(leftMs))}>
        {formatLeft(leftMs)}
      </p>
      <p class="hint">{texts.until(formatLeft(leftMs))}</p>
      <Summary of={of} />
      <dl class="left">
        <div>
          <dt>{texts.total}</dt>
          <dd>{formatWon(of.total)}</dd>
        </div>
        <div>
          <dt>{texts.balance}</dt>
          <dd>{balance.value === undefined ? '–' : formatWon(balance.value)}</dd>
        </div>
      </dl>
      <Problem code={problem.value} />
      <p class="actions">
        <button type="button" class="primary" aria-disabled={isBusy.value} onClick={() => void act(next.run)}>
          {isChecking.value || isBusy.value ? checking : next.text}
        </button>
      </p>
    </Card>
  );
}

/** Paid: the ticket is kept before anything else. */
export function finish(of: Order, paid: number, userId: number): void {
  addTicket({ id: of.id, userId, paid, order: of });
  balance.value = undefined;
  setOrder(undefined);
  movePhase('done');
}

export function Summary({ of }: { of: Order }): VNode {
  const { concerts, seats } = shopTexts.value;
  const { title, date, from, to } = of.schedule;
  return (
    <div class="summary">
      <p>
        <strong>{title}</strong>
      </p>
      <p>{concerts.on(date, from, to)}</p>
      <p>
        {of.seats
          .map(({ section, row, number }) => `${section} ${seats.row(row)} ${seats.seat(number)}`)
          .join(', ')}
      </p>
    </div>
  );
}

function Ended(): VNode {
  const { order: texts } = shopTexts.value;
  return (
    <Card>
      <Heading name="hold-ended">{texts.ended}</Heading>
      <p class="actions">
        <button type="button" class="primary" onClick={() => setOrder(undefined)}>
          {texts.again}
        </button>
      </p>
    </Card>
  );
}

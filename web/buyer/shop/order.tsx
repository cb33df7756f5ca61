import {
  announce,
  Card,
  Changing,
  effect,
  EXTENSION_SECONDS,
  formatAge,
  formatDay,
  formatLeft,
  formatWon,
  h,
  Heading,
  Problem,
  everySecond,
  serverNow,
  t,
  useSignal,
  type VNode,
} from '../kernel';
import {
  balance,
  type Outcome,
  readBalance,
  submitExtension,
  submitPayment,
  submitRelease,
  submitTopUp,
} from './acts';
import { seatName, shopTexts } from './texts';
import { isChecking } from './once';
import type { Order } from './orders';
import { order, setOrder } from './state';

/** Announced when this many seconds are left. */
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

/** Held seats: pay for them in time, ask for more time once, or give them back. */
export function OrderScreen({ of }: { of: Order }): VNode {
  everySecond();
  const problem = useSignal('');
  const isBusy = useSignal(false);
  if (balance.value === undefined) void readBalance();
  const leftMs = of.heldUntilMs - serverNow();
  if (leftMs <= 0 && !isBusy.value) return <Ended />;
  const act = async (what: () => Outcome): Promise<void> => {
    if (isBusy.value) return;
    isBusy.value = true;
    problem.value = '';
    problem.value = await what();
    isBusy.value = false;
  };
  const { order: texts, errors } = shopTexts.value;
  return (
    <Card>
      <Heading name="order">{texts.title}</Heading>
      <div class="countdown">
        <p class="hint">{texts.left}</p>
        <p class="number small" role="timer" aria-label={texts.until(formatLeft(leftMs))}>
          <Changing>{formatLeft(leftMs)}</Changing>
        </p>
      </div>
      <Summary of={of} />
      <Amounts of={of} />
      <Problem code={problem.value} texts={errors} />
      <Actions of={of} isBusy={isBusy.value} act={(what) => void act(what)} />
    </Card>
  );
}

/** Most won that the API adds at once; what a more expensive order lacks is added in several steps. */
const LARGEST_CHARGE = 1_000_000_000;

interface ActionsProps {
  of: Order;
  isBusy: boolean;
  act: (what: () => Outcome) => void;
}

/** The button that was pressed goes, so the focus goes on. */
async function extendAndGoOn(of: Order): Outcome {
  const problem = await submitExtension(of);
  document.querySelector<HTMLElement>('main .primary')?.focus();
  return problem;
}

function Actions({ of, isBusy, act }: ActionsProps): VNode {
  const { order: texts } = shopTexts.value;
  const missing = Math.min(of.total - (balance.value ?? of.total), LARGEST_CHARGE);
  const next =
    missing > 0
      ? { text: texts.topUp(formatWon(missing)), run: () => submitTopUp(missing) }
      : { text: texts.pay(formatWon(of.total)), run: () => submitPayment(of) };
  return (
    <p class="actions">
      <button type="button" class="primary" aria-disabled={isBusy} onClick={() => act(next.run)}>
        <Changing>{isChecking.value || isBusy ? t.value.checking : next.text}</Changing>
      </button>
      {of.extended || EXTENSION_SECONDS === 0 ? null : (
        <button type="button" aria-disabled={isBusy} onClick={() => act(() => extendAndGoOn(of))}>
          {texts.extend}
        </button>
      )}
      <button type="button" class="quiet" aria-disabled={isBusy} onClick={() => act(() => submitRelease(of))}>
        {texts.release}
      </button>
    </p>
  );
}

function Amounts({ of }: { of: Order }): VNode {
  const { order: texts } = shopTexts.value;
  return (
    <dl class="left">
      <div>
        <dt>{texts.total}</dt>
        <dd>{formatWon(of.total)}</dd>
      </div>
      <div>
        <dt>{texts.balance}</dt>
        <dd>
          <Changing>{balance.value === undefined ? '–' : formatWon(balance.value)}</Changing>
        </dd>
      </div>
    </dl>
  );
}

export function Summary({ of }: { of: Order }): VNode {
  const { concerts } = shopTexts.value;
  const { title, date, from, to } = of.schedule;
  return (
    <div class="summary">
      <p>
        <strong>{title}</strong>
      </p>
      <p>{concerts.on(formatDay(date), from, to)}</p>
      {of.seats.map((seat) => (
        <p key={seat.seatId}>{seatName(seat)}</p>
      ))}
    </div>
  );
}

function Ended(): VNode {
  const { order: texts } = shopTexts.value;
  return (
    <Card>
      <Heading name="hold-ended">{texts.ended}</Heading>
      <p class="lead">{texts.endedLead}</p>
      <p class="actions">
        <button type="button" class="primary" onClick={() => setOrder(undefined)}>
          {texts.again}
        </button>
      </p>
    </Card>
  );
}

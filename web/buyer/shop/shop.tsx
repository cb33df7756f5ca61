import { Fragment, h, place, type VNode } from '../kernel';
import { Concerts } from './concerts';
import { StillThere } from './idle';
import { submitExtension, submitPayment, submitRelease } from './acts';
import { OrderScreen } from './order';
import { pendingBody } from './once';
import { type Act, hold, type Wish } from './orders';
import { Seats } from './seats/seats';
import { order, schedule, setOrder, tokenOf } from './state';
import { Tickets } from './ticket';

/** Everything behind the line: dates, seats, order, ticket. */
export function Shop(): VNode {
  if (place.value?.phase === 'done') return <Tickets />;
  return (
    <Fragment>
      <StillThere />
      <Step />
    </Fragment>
  );
}

function Step(): VNode {
  if (order.value !== undefined) return <OrderScreen of={order.value} />;
  if (schedule.value !== undefined) return <Seats key={schedule.value.scheduleId} of={schedule.value} />;
  return <Concerts />;
}

/** What was sent before this page was loaded, and never answered, is asked again: nobody pays twice, or not knowing. */
async function resume(): Promise<void> {
  const wish = pendingBody('hold') as Wish | undefined;
  if (wish !== undefined) {
    const answer = await hold(tokenOf(), wish);
    if (answer.ok) setOrder(answer.data);
  }
  const held = order.value;
  if (held === undefined) return;
  const isOpen = (act: Act): boolean =>
    (pendingBody(act) as { orderId: number } | undefined)?.orderId === held.id;
  if (isOpen('extension')) await submitExtension(held);
  if (isOpen('release')) await submitRelease(held);
  else if (isOpen('payment')) await submitPayment(held);
}

void resume();

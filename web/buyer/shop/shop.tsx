import { Fragment, h, place, type VNode } from '../kernel';
import { Concerts } from './concerts';
import { StillThere } from './idle';
import { finish, OrderScreen } from './order';
import { pendingBody } from './once';
import { hold, pay, type Wish } from './orders';
import { Seats } from './seats';
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
  const paying = pendingBody('payment') as { reservationId: number } | undefined;
  const held = order.value;
  if (paying === undefined || held?.id !== paying.reservationId) return;
  const userId = place.value?.userId ?? 0;
  const answer = await pay(tokenOf(), held);
  if (answer.ok) finish(held, answer.data, userId);
}

void resume();

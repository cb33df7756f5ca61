import { encode } from 'uqr';
import {
  Card,
  formatWon,
  Fragment,
  h,
  Heading,
  join,
  place,
  Problem,
  setPlace,
  useSignal,
  type VNode,
} from '../kernel';
import { ReceiptOf } from './receipt/receipt';
import { shopTexts } from './texts';
import { Summary } from './order';
import { type Ticket, tickets } from './state';

/** What was bought, with its code; and the way back into the line for more. */
export function Tickets(): VNode {
  const problem = useSignal('');
  const another = async (): Promise<void> => {
    const userId = place.value?.userId;
    const answer = userId === undefined ? undefined : await join(userId);
    if (answer === undefined || (!answer.ok && answer.code === '404')) setPlace(undefined);
    else if (!answer.ok) problem.value = answer.code;
  };
  const own = tickets.value.filter(({ userId }) => userId === place.value?.userId);
  return (
    <Card>
      <Heading name="ticket">{shopTexts.value.ticket.title}</Heading>
      {own.map((ticket) => (
        <TicketCard key={ticket.id} ticket={ticket} />
      ))}
      <p class="hint">{shopTexts.value.ticket.show}</p>
      <Problem code={problem.value} />
      <p class="actions">
        <button type="button" class="primary" onClick={() => void another()}>
          {shopTexts.value.ticket.another}
        </button>
      </p>
      <ReceiptOf />
    </Card>
  );
}

function TicketCard({ ticket }: { ticket: Ticket }): VNode {
  const { ticket: texts } = shopTexts.value;
  return (
    <article class="ticket">
      <Code text={`concert:order:${ticket.id}`} />
      <div>
        <p class="hint">{texts.number(String(ticket.id))}</p>
        <Summary of={ticket.order} />
        <p>{texts.paid(formatWon(ticket.paid))}</p>
      </div>
    </article>
  );
}

/** The QR code as one path. */
function Code({ text }: { text: string }): VNode {
  const { data, size } = encode(text, { border: 2 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <Fragment>
      <svg class="code" role="img" aria-label={shopTexts.value.ticket.code} viewBox={`0 0 ${size} ${size}`}>
        <path d={path} />
      </svg>
    </Fragment>
  );
}

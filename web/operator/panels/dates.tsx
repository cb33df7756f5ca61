import { h, type VNode } from 'preact';
import { everySecond, serverNow } from '../../shared/clock';
import { openDialog } from '../acts/dialog-state';
import { formatMoment } from '../format';
import { queue, report } from '../live/state';
import { mayAct } from '../session';
import { t } from '../texts';
import { type ConcertDate, dates, loadDates } from './dates-state';
import { Panel } from './parts';

/** The published dates of the queue, and what can be done with their sale. */
export function Dates(): VNode {
  const { dates: texts } = t.value;
  const main = report.value?.queues[0]?.queueId;
  const own = dates.value?.filter(({ queueId }) => (queueId ?? main) === queue.value?.queueId);
  return (
    <Panel name="dates" title={texts.title}>
      {own === undefined || own.length === 0 ? <p class="soft">{texts.none}</p> : null}
      <ul class="dates">
        {own?.map((date) => (
          <DateRow key={date.scheduleId} date={date} />
        ))}
      </ul>
      <button type="button" class="quiet" onClick={() => void loadDates()}>
        {texts.refresh}
      </button>
    </Panel>
  );
}

function DateRow({ date }: { date: ConcertDate }): VNode {
  const { acts, dates: texts } = t.value;
  const sale = saleOf(date);
  const next = sale === 'open' ? 'CLOSED' : 'OPEN';
  return (
    <li data-schedule={date.scheduleId}>
      <div>
        <b>{date.title}</b> <time dateTime={date.startsAt}>{formatMoment(date.startsAt)}</time>
        <p class="soft small">
          {texts[sale]}
          {sale === 'coming' && date.opensAt !== null
            ? ` · ${texts.opens(formatMoment(date.opensAt))}`
            : null}
          {sale === 'open' && date.closesAt !== null
            ? ` · ${texts.closes(formatMoment(date.closesAt))}`
            : null}
        </p>
      </div>
      {mayAct('operator') ? (
        <button type="button" onClick={() => openDialog({ kind: 'sale', date, sale: next })}>
          {next === 'OPEN' ? acts.openSale : acts.closeSale}
        </button>
      ) : null}
      {mayAct('admin') ? (
        <button type="button" class="danger" onClick={() => openDialog({ kind: 'cancel', date })}>
          {acts.cancel}
        </button>
      ) : null}
    </li>
  );
}

function saleOf({ opensAt, closesAt }: ConcertDate): 'open' | 'closed' | 'coming' {
  everySecond();
  const nowMs = serverNow();
  if (closesAt !== null && Date.parse(closesAt) <= nowMs) return 'closed';
  return opensAt !== null && Date.parse(opensAt) > nowMs ? 'coming' : 'open';
}

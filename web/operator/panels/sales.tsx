import { h, type VNode } from 'preact';
import { serverNow } from '../../shared/clock';
import type { LiveReport } from '../api';
import { formatCount, formatSpan, formatTime, formatWon } from '../format';
import { ageOf, queue, report, STALE_MS } from '../live/state';
import { t } from '../texts';
import { Figure, Panel, Scroller } from './parts';

type QueueSales = LiveReport['sales']['queues'][number];

const MINUTE_MS = 60_000;

/** Sales of the queue. */
export function Sales(): VNode {
  const { sales: texts } = t.value;
  const all = report.value?.sales;
  const own = all?.queues.find(({ queueId }) => queueId === queue.value?.queueId);
  // Counting takes at most a twentieth of the time: the more there is to count, the rarer it is done.
  const staleAfterMs = Math.max(STALE_MS, 2 * (all?.everyMs ?? 0) + 1000);
  const age = all === undefined ? undefined : ageOf(all.ageMs);
  return (
    <Panel name="sales" title={texts.title} ageMs={all?.ageMs} staleAfterMs={staleAfterMs}>
      {own === undefined || own.classes.length === 0 ? (
        <p class="soft">{own === undefined ? texts.never : texts.none}</p>
      ) : (
        <Own sales={own} />
      )}
      {age === undefined ? null : <p class="soft small">{texts.counted(formatSpan(age))}</p>}
    </Panel>
  );
}

function Own({ sales }: { sales: QueueSales }): VNode {
  const { sales: texts } = t.value;
  const { classes, minutes, holds, soldOutAtMs } = sales;
  const nowMs = serverNow();
  const since = (ms: number): typeof minutes => minutes.filter(({ minuteMs }) => minuteMs >= nowMs - ms);
  const lapses = since(10 * MINUTE_MS).reduce((sum, minute) => sum + minute.lapses, 0);
  const lastMinute = since(2 * MINUTE_MS).find(({ minuteMs }) => minuteMs <= nowMs - MINUTE_MS);
  const isAllSold = classes.every(({ free, held }) => free + held === 0);
  const whenSoldOut = soldOutAtMs === null ? texts.notToSay : formatTime(soldOutAtMs);
  return (
    <div>
      <dl class="figures">
        <Figure id="holds" label={texts.holds} value={formatCount(holds)} />
        <Figure id="lapses" label={texts.lapses} value={formatCount(lapses)} />
        <Figure label={texts.perMinute} value={formatCount(lastMinute?.seats ?? 0)} />
        <Figure id="sold-out" label={texts.soldOut} value={isAllSold ? texts.all : whenSoldOut} />
      </dl>
      <Scroller label={texts.title}>
        <table>
          <thead>
            <tr>
              {[texts.price, texts.free, texts.held, texts.sold, texts.blocked].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map(({ name, amount, free, held, sold, blocked }) => (
              <tr key={`${name} ${amount}`} data-class={name}>
                <th scope="row">
                  {isNamed(name, amount) ? name : ''} <span class="soft">{formatWon(amount)}</span>
                </th>
                <td>{formatCount(free)}</td>
                <td>{formatCount(held)}</td>
                <td>{formatCount(sold)}</td>
                <td>{formatCount(blocked)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </div>
  );
}

/** A class that is named after its price says nothing more. */
const isNamed = (name: string, amount: number): boolean => name !== String(amount);

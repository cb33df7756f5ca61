import { LARGEST_CHARGE } from '../../accounts/schema';
import type { Cursor, ListPage } from '../../catalog/list';
import type { Schedule, Seat } from '../../catalog/schema';
import { type Order, ORDERS_PER_PAGE } from '../../orders/order-schema';
import type { CheckedToken } from '../../waiting-room/schema';
import { type Html, html } from './html';
import { document, form, FORMS, hidden, link, type Page, paragraph, won } from './parts';
import type { FormTexts } from './texts';

const MOST_TOGETHER = 4;

const daysIn = (locale: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone: 'UTC' });
const DAYS = { ko: daysIn('ko-KR'), en: daysIn('en-GB') };

/** @param day as `2027-01-16`, where the concert is */
const dayOf = ({ lang }: FormTexts, day: string): string => DAYS[lang].format(Date.parse(day));

/** To the rest of a list. @param to a path with a query */
const nextLink = (to: string, text: string, next: Cursor | undefined): Html[] =>
  next === undefined ? [] : [link(`${to}after=${next.join('-')}`, text)];

export const enterPage = (page: Page): string =>
  document(page, page.texts.title, [
    form(
      page,
      'entry',
      page.texts.enter,
      [
        html`<p>
          <label for="user">${page.texts.user}</label>
          <input id="user" name="userId" inputmode="numeric" pattern="[0-9]+" required autocomplete="off" />
        </p>`,
      ],
      true,
    ),
  ]);

export function waitingPage(page: Page, { queuePosition, etaSeconds, pollAfterMs }: CheckedToken): string {
  const { texts } = page;
  const parts = [
    html`<div class="position">
      <p class="hint">${texts.position}</p>
      <p class="number" data-position="${queuePosition}">${won.format(queuePosition)}</p>
      <p class="eta">${etaSeconds > 0 ? texts.eta(Math.ceil(etaSeconds / 60)) : ''}</p>
    </div>`,
    paragraph(texts.refreshes),
    link('', texts.refresh),
  ];
  return document(page, texts.waiting, parts, Math.max(1, Math.ceil(pollAfterMs / 1000)));
}

export function concertsPage(page: Page, { rows, next }: ListPage<Schedule>): string {
  const { texts } = page;
  const items = rows.map(
    ({ scheduleId, concertTitle, openDate, startTime }) =>
      html`<li>
        <a class="choice" href="${FORMS}/seats?scheduleId=${scheduleId}"
          ><strong>${concertTitle}</strong> <span>${dayOf(texts, openDate)} ${startTime}</span></a
        >
      </li>`,
  );
  const list =
    items.length === 0
      ? paragraph(texts.none)
      : html`<ul class="plain">
          ${items}
        </ul>`;
  const later = nextLink('/shop?', texts.laterDates, next);
  return document(page, texts.concerts, [list, ...later, link('/orders', texts.tickets)]);
}

export function seatsPage(page: Page, scheduleId: number, { rows, next }: ListPage<Seat>): string {
  const { texts } = page;
  if (rows.length === 0) return document(page, texts.choose, [paragraph(texts.none), link('', texts.back)]);
  const counts = Array.from({ length: MOST_TOGETHER }, (_, i) => html`<option>${i + 1}</option>`);
  const boxes = rows.map(
    ({ seatId, position, amount }) =>
      html`<li>
        <label class="seat"
          ><input type="checkbox" name="seatId" value="${seatId}" />
          ${texts.seat(position, won.format(amount))}</label
        >
      </li>`,
  );
  const schedule = hidden('scheduleId', scheduleId);
  return document(page, texts.choose, [
    html`<h2>${texts.best}</h2>`,
    form(
      page,
      'orders',
      texts.take,
      [
        schedule,
        html`<p>
          <label
            >${texts.count}
            <select name="count">
              ${counts}
            </select></label
          >
        </p>`,
      ],
      true,
    ),
    html`<h2>${texts.single}</h2>`,
    form(page, 'orders', texts.take, [
      schedule,
      html`<ul class="plain seats">
        ${boxes}
      </ul>`,
    ]),
    ...nextLink(`/seats?scheduleId=${scheduleId}&`, texts.moreSeats, next),
    link('', texts.back),
  ]);
}

/** Where the time begins in `2027-01-16 19:00:00`. */
const TIME = 11;

const seatNames = (texts: FormTexts, { seats }: Order): Html[] =>
  seats.map(({ section, row, number, position }) => {
    const seat = texts.seatName(number ?? String(position));
    return paragraph(
      [[section, row && texts.row(row)].filter(Boolean).join(' '), seat].filter(Boolean).join(', '),
    );
  });

export function orderPage(page: Page, order: Order, balance: number, mayExtend: boolean): string {
  const { texts } = page;
  const missing = order.totalAmount - balance;
  const charge = Math.min(missing, LARGEST_CHARGE);
  const about = hidden('orderId', order.orderId);
  const next =
    missing > 0
      ? form(page, 'balance', texts.topUp(won.format(charge)), [hidden('amount', charge)], true)
      : form(page, 'payment', texts.pay, [about], true);
  return document(page, texts.order, [
    paragraph(texts.until(order.reservedUntilDate.slice(TIME, TIME + 5))),
    html`<div class="summary">
      <p><strong>${order.concertTitle}</strong></p>
      ${seatNames(texts, order)}
    </div>`,
    html`<dl class="left">
      <div>
        <dt>${texts.total}</dt>
        <dd>${texts.won(won.format(order.totalAmount))}</dd>
      </div>
      <div>
        <dt>${texts.balance}</dt>
        <dd>${texts.won(won.format(balance))}</dd>
      </div>
    </dl>`,
    next,
    ...(mayExtend && !order.extended ? [form(page, 'extension', texts.extend, [about])] : []),
    form(page, 'release', texts.release, [about]),
  ]);
}

export function ordersPage(page: Page, orders: Order[]): string {
  const { texts } = page;
  const items = orders.map((order) => {
    const { orderId, status } = order;
    return html`<li class="summary" data-status="${status}">
      <p><strong>${order.concertTitle}</strong></p>
      ${seatNames(texts, order)}
      <p class="hint">${texts.ticket(orderId)} · ${texts.statuses[status]}</p>
    </li>`;
  });
  const list =
    items.length === 0
      ? paragraph(texts.noTickets)
      : html`<ul class="plain">
          ${items}
        </ul>`;
  const last = orders[ORDERS_PER_PAGE - 1]?.orderId;
  const older = last === undefined ? [] : [link(`/orders?before=${last}`, texts.olderTickets)];
  return document(page, texts.tickets, [list, ...older, link('', texts.back)]);
}

export function endedPage(page: Page, hasPaid: boolean): string {
  const { texts } = page;
  const parts = [link('/orders', texts.tickets), form(page, 'departure', texts.again)];
  return document(page, hasPaid ? texts.done : texts.expired, parts);
}

export const problemPage = (page: Page, message: string): string =>
  document(page, page.texts.problem, [paragraph(message), link('', page.texts.back)]);

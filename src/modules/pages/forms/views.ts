import type { Schedule, Seat } from '../../catalog/schema';
import type { Order } from '../../orders/order-schema';
import type { CheckedToken } from '../../waiting-room/schema';
import { type Html, html } from './html';
import type { FormTexts } from './texts';

export const FORMS = '/v1/forms';
const MOST_TOGETHER = 4;

/** What every page with a form needs. */
export interface Page {
  texts: FormTexts;
  /** Path of the stylesheet. */
  style: string;
  proof: string;
  /** Of the forms of this page: pressed twice, they act once. */
  key: string;
}

const won = new Intl.NumberFormat('en');

/** @param refreshS when the browser is to ask again */
function document({ texts, style }: Page, heading: string, body: Html[], refreshS?: number): string {
  const refresh =
    refreshS === undefined ? undefined : html`<meta http-equiv="refresh" content="${refreshS}" />`;
  return html`<!doctype html>
    <html lang="${texts.lang}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${refresh}
        <title>${heading} · ${texts.title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${style}" />
      </head>
      <body>
        <div id="app">
          <main class="card">
            <h1>${heading}</h1>
            ${body}
          </main>
        </div>
      </body>
    </html> `.text;
}

/** A form with one button. */
function form(page: Page, to: string, button: string, fields: Html[] = [], isMain = false): Html {
  return html`<form method="post" action="${FORMS}/${to}">
    ${hidden('proof', page.proof)}${hidden('key', page.key)} ${fields}
    <p class="actions">
      <button type="submit" ${isMain ? html` class="primary"` : undefined}>${button}</button>
    </p>
  </form>`;
}

const hidden = (name: string, value: number | string): Html =>
  html`<input type="hidden" name="${name}" value="${value}" />`;
const paragraph = (text: string): Html => html`<p>${text}</p>`;
const link = (to: string, text: string): Html => html`<p><a href="${FORMS}${to}">${text}</a></p>`;

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
    html`<p class="number" data-position="${queuePosition}">${texts.position(queuePosition)}</p>`,
    ...(etaSeconds > 0 ? [paragraph(texts.eta(Math.ceil(etaSeconds / 60)))] : []),
    paragraph(texts.refreshes),
    link('', texts.refresh),
  ];
  return document(page, texts.waiting, parts, Math.max(1, Math.ceil(pollAfterMs / 1000)));
}

export function concertsPage(page: Page, schedules: Schedule[]): string {
  const { texts } = page;
  const items = schedules.map(
    ({ scheduleId, concertTitle, openDate, startTime }) =>
      html`<li>
        ${concertTitle}, ${openDate} ${startTime}:
        <a href="${FORMS}/seats?scheduleId=${scheduleId}">${texts.choose}</a>
      </li>`,
  );
  const list =
    items.length === 0
      ? paragraph(texts.none)
      : html`<ul>
          ${items}
        </ul>`;
  return document(page, texts.concerts, [list, link('/orders', texts.tickets)]);
}

export function seatsPage(page: Page, scheduleId: number, seats: Seat[]): string {
  const { texts } = page;
  if (seats.length === 0) return document(page, texts.choose, [paragraph(texts.none), link('', texts.back)]);
  const counts = Array.from({ length: MOST_TOGETHER }, (_, i) => html`<option>${i + 1}</option>`);
  const boxes = seats.map(
    ({ seatId, position, amount }) =>
      html`<li>
        <label
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
      html`<ul>
        ${boxes}
      </ul>`,
    ]),
    link('', texts.back),
  ]);
}

const seatNames = ({ seats }: Order): string =>
  seats
    .map(({ section, row, number, position }) => [section, row, number ?? position].filter(Boolean).join(' '))
    .join(', ');

export function orderPage(page: Page, order: Order, balance: number, mayExtend: boolean): string {
  const { texts } = page;
  const missing = order.totalAmount - balance;
  const about = hidden('orderId', order.orderId);
  const next =
    missing > 0
      ? form(page, 'balance', texts.topUp(won.format(missing)), [hidden('amount', missing)], true)
      : form(page, 'payment', texts.pay, [about], true);
  return document(page, texts.order, [
    html`<p><strong>${order.concertTitle}</strong>: ${seatNames(order)}</p>`,
    paragraph(texts.until(order.reservedUntilDate)),
    paragraph(texts.total(won.format(order.totalAmount))),
    paragraph(texts.balance(won.format(balance))),
    next,
    ...(mayExtend && !order.extended ? [form(page, 'extension', texts.extend, [about])] : []),
    form(page, 'release', texts.release, [about]),
  ]);
}

export function ordersPage(page: Page, orders: Order[]): string {
  const { texts } = page;
  const items = orders.map((order) => {
    const name = texts.ticket(order.orderId, order.concertTitle, seatNames(order), order.status);
    return html`<li data-status="${order.status}">${name}</li>`;
  });
  const list =
    items.length === 0
      ? paragraph(texts.noTickets)
      : html`<ul>
          ${items}
        </ul>`;
  return document(page, texts.tickets, [list, link('', texts.back)]);
}

export function endedPage(page: Page, hasPaid: boolean): string {
  const { texts } = page;
  const parts = [link('/orders', texts.tickets), form(page, 'departure', texts.again)];
  return document(page, hasPaid ? texts.done : texts.expired, parts);
}

export const problemPage = (page: Page, message: string): string =>
  document(page, page.texts.problem, [paragraph(message), link('', page.texts.back)]);

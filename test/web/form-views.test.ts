import type { ListPage } from '../../src/modules/catalog/list';
import type { Schedule, Seat } from '../../src/modules/catalog/schema';
import type { Order } from '../../src/modules/orders/order-schema';
import { formTexts } from '../../src/modules/pages/forms/texts';
import { concertsPage, ordersPage, seatsPage } from '../../src/modules/pages/forms/views';

const page = { texts: formTexts('en'), style: '', proof: '', newKey: () => '' };

it('the page of orders leads to older ones where there may be any', () => {
  const order = { concertTitle: 'x', seats: [], status: 'PAID' } as unknown as Order;
  const orders = Array.from({ length: 100 }, (_, i) => ({ ...order, orderId: 900 - i }));
  const older = `href="/v1/forms/orders?before=801"`;
  expect(ordersPage(page, orders)).toContain(older);
  expect(ordersPage(page, orders.slice(1))).not.toContain('before=');
});

it.each([
  [
    'dates leads to later ones',
    (next: ListPage<Schedule>['next']) =>
      concertsPage(page, { rows: [{ openDate: '2030-01-31' } as unknown as Schedule], next }),
    'href="/v1/forms/shop?after=12-7"',
  ],
  [
    'seats leads to more',
    (next: ListPage<Seat>['next']) => seatsPage(page, 3, { rows: [{ amount: 1 } as unknown as Seat], next }),
    'href="/v1/forms/seats?scheduleId=3&amp;after=12-7"',
  ],
])('the page of %s where there are any', (_name, shown, link) => {
  expect(shown([12, 7])).toContain(link);
  expect(shown(undefined)).not.toContain('after=');
});

it.each([
  [
    'en',
    ['en', 'EN-us', 'en;q=0.5, ko;q=0.1', 'ko;q=0, en', 'fr, en;q=0.8', ' en-GB , ko', 'en,ko;q=0.9,*;q=0.5'],
  ],
  [
    'ko',
    ['', '*', 'fr', 'ko-KR', 'en;q=0.5, ko;q=0.9', 'en;q=0', 'english', 'fr, ko;q=0.1', 'ko, en', 'en;q=x'],
  ],
])('the language of the forms is %s for %j', (lang, headers) => {
  expect(headers.map((header) => [header, formTexts(header).lang])).toEqual(
    headers.map((header) => [header, lang]),
  );
  expect(formTexts(undefined).lang).toBe('ko');
});

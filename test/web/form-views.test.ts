import type { Order } from '../../src/modules/orders/order-schema';
import { formTexts } from '../../src/modules/pages/forms/texts';
import { ordersPage } from '../../src/modules/pages/forms/views';

it('the page of orders leads to older ones where there may be any', () => {
  const order = { concertTitle: 'x', seats: [], status: 'PAID' } as unknown as Order;
  const orders = Array.from({ length: 100 }, (_, i) => ({ ...order, orderId: 900 - i }));
  const page = { texts: formTexts('en'), style: '', proof: '', key: '' };
  const older = `href="/v1/forms/orders?before=801"`;
  expect(ordersPage(page, orders)).toContain(older);
  expect(ordersPage(page, orders.slice(1))).not.toContain('before=');
});

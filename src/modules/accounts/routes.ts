import { endpoint, type Endpoint } from '../../http/endpoint';
import { Balance, ChargeBody } from './schema';
import type { BalanceService } from './service';

export function userEndpoints(balances: BalanceService): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/v1/api/user/amount',
      summary: 'Charge the balance',
      tag: 'User',
      access: 'inside',
      idempotent: true,
      body: ChargeBody,
      answer: Balance,
      example: { amount: 150_000 },
      errors: { '409': 'The balance would be more than 2^53 − 1' },
      handle: ({ visitor, body, key }) => balances.charge(visitor.userId, body.amount, key),
    }),
    endpoint({
      method: 'get',
      path: '/v1/api/user/amount',
      summary: 'The balance',
      tag: 'User',
      access: 'inside',
      answer: Balance,
      example: { amount: 150_000 },
      errors: {},
      handle: ({ visitor }) => balances.find(visitor.userId),
    }),
  ];
}

import type { Request } from 'express';
import { z } from 'zod';
import { BadInput } from '../../../http/errors';
import { QueryId } from '../../../http/fields';
import { ChargeBody } from '../../accounts/schema';
import type { Cursor } from '../../catalog/list';
import { OrderBody } from '../../orders/order-schema';

const AFTER = /^(\d{1,15})-(\d{1,15})$/;

/** Behind which row of a list the page begins, as a link of the page before says. @throws BadInput (400) */
export function afterIn({ query }: Request): Cursor {
  if (query.after === undefined) return [0, 0];
  const [, one, other] = (typeof query.after === 'string' && AFTER.exec(query.after)) || [];
  if (one === undefined) throw new BadInput('after: take the link of a page');
  return [Number(one), Number(other)];
}

/** @throws BadInput (400) */
export function idIn({ body }: Pick<Request, 'body'>, name: string): number {
  const id = QueryId.safeParse((body as Record<string, unknown>)[name]);
  if (!id.success) throw new BadInput(`${name}: Invalid input: expected a positive whole number`);
  return id.data;
}

/** What a form gives for an act of the API is held to the rule of the API. @throws BadInput (400) */
function asInApi<T>(schema: z.ZodType<T>, value: unknown, message: string): T {
  const checked = schema.safeParse(value);
  if (!checked.success) throw new BadInput(message);
  return checked.data;
}

/** Won to add to the balance. @throws BadInput (400) */
export const amountIn = (req: Request): number =>
  asInApi(ChargeBody, { amount: idIn(req, 'amount') }, 'amount: Invalid input: too many won for one charge')
    .amount;

const Ids = z.union([QueryId.transform((id) => [id]), z.array(QueryId)]);

/** Seats that were ticked, or how many are wanted next to each other. @throws BadInput (400) */
export function seatsIn(req: Request): OrderBody {
  const { seatId, count } = req.body as Record<string, unknown>;
  const scheduleId = idIn(req, 'scheduleId');
  return count === undefined
    ? asInApi(
        OrderBody,
        { scheduleId, seatIds: Ids.safeParse(seatId).data ?? [] },
        'seatId: choose one to twenty seats',
      )
    : asInApi(
        OrderBody,
        { scheduleId, best: { count: idIn(req, 'count') } },
        'count: choose one to twenty seats',
      );
}

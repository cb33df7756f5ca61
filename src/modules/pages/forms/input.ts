import type { Request } from 'express';
import { z } from 'zod';
import { BadInput } from '../../../http/errors';
import { QueryId } from '../../../http/fields';
import type { Cursor } from '../../catalog/list';
import type { OrderService } from '../../orders/order-service';

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

const Ids = z.union([QueryId.transform((id) => [id]), z.array(QueryId).min(1).max(20)]);

/** Seats that were ticked, or how many are wanted next to each other. @throws BadInput (400) */
export function seatsIn(req: Request): Parameters<OrderService['create']>[1] {
  const { seatId, count } = req.body as Record<string, unknown>;
  const scheduleId = idIn(req, 'scheduleId');
  if (count !== undefined) return { scheduleId, best: { count: Math.min(idIn(req, 'count'), 20) } };
  const seats = Ids.safeParse(seatId);
  if (!seats.success) throw new BadInput('seatId: choose one to twenty seats');
  return { scheduleId, seatIds: seats.data };
}

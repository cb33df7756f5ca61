import { z } from 'zod';
import { Id, Won } from '../../http/fields';

export const PayBody = z.strictObject({ reservationId: Id });
export type PayBody = z.infer<typeof PayBody>;

export const Paid = z.object({
  paymentAmount: Won,
  seatStatus: z.literal('RESERVED'),
  queueStatus: z.literal('DONE'),
});
export type Paid = z.infer<typeof Paid>;

import { z } from 'zod';
import { Id, Won } from '../../http/fields';

export const PayBody = z.strictObject({ reservationId: Id });
export type PayBody = z.infer<typeof PayBody>;

export const Paid = z.object({
  paymentAmount: Won,
  seatStatus: z.literal('RESERVED'),
  queueStatus: z
    .enum(['DONE', 'PROGRESS'])
    .describe('DONE: the session has ended; PROGRESS: you hold another order, so it goes on'),
});
export type Paid = z.infer<typeof Paid>;

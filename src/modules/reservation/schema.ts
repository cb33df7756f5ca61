import { z } from 'zod';
import { Id } from '../../http/fields';

export const ReserveBody = z.strictObject({ scheduleId: Id, seatId: Id });

export const Hold = z.object({
  reservationId: Id,
  seatStatus: z.literal('TEMP_RESERVED'),
  reservedDate: z.string().describe('yyyy-MM-dd HH:mm:ss'),
  reservedUntilDate: z.string().describe('yyyy-MM-dd HH:mm:ss: pay before'),
});
export type Hold = z.infer<typeof Hold>;

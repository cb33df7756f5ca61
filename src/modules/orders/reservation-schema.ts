import { z } from 'zod';
import { Id, OffsetTime } from '../../http/fields';

export const ReserveBody = z.strictObject({ scheduleId: Id, seatId: Id });

export const Hold = z.object({
  reservationId: Id,
  seatStatus: z.literal('TEMP_RESERVED'),
  reservedDate: z.string().describe('yyyy-MM-dd HH:mm:ss in the display zone'),
  reservedUntilDate: z.string().describe('yyyy-MM-dd HH:mm:ss in the display zone: pay before'),
  // Optional, since an answer that was remembered before there were these may still be replayed.
  reservedAt: OffsetTime.optional(),
  reservedUntil: OffsetTime.optional(),
});
export type Hold = z.infer<typeof Hold>;

import { z } from 'zod';
import { Id, OffsetTime, Reason } from '../../../http/fields';

export const CancellationInput = z.strictObject({ reason: Reason });

export const CancellationView = z.object({
  scheduleId: Id,
  state: z.enum(['RUNNING', 'DONE']),
  orders: z.int().describe('Held and paid when the schedule was canceled'),
  remaining: z.int().describe('Of those, not yet refunded or released'),
  failed: z.int().describe('Left by the last pass over all of them; they are tried again'),
  startedAt: OffsetTime,
  finishedAt: OffsetTime.nullable(),
});
export type CancellationView = z.infer<typeof CancellationView>;

import { z } from 'zod';
import { Id, OffsetTime, QueryId, Won } from '../../http/fields';

const SeatStatus = z.enum(['AVAILABLE', 'TEMP_RESERVED', 'RESERVED']);

export const Schedule = z.object({
  scheduleId: Id,
  concertTitle: z.string(),
  openDate: z.string().describe('yyyy-MM-dd'),
  startTime: z.string().describe('HH:mm'),
  endTime: z.string().describe('HH:mm'),
  startsAt: OffsetTime,
  endsAt: OffsetTime,
  opensAt: OffsetTime.nullable().describe('When the sale opens; null: it is open'),
  closesAt: OffsetTime.nullable().describe('When the sale closes; null: when the concert starts'),
  queueId: z.string().describe('The queue that sells it'),
  seatStatus: z.enum(['AVAILABLE', 'SOLD_OUT']).describe('SOLD_OUT: every seat left is on hold just now'),
});
export type Schedule = z.infer<typeof Schedule>;

export const SeatQuery = z.object({ scheduleId: QueryId });

export const Seat = z.object({
  seatId: Id,
  position: z.int().min(1),
  amount: Won,
  seatStatus: SeatStatus,
});
export type Seat = z.infer<typeof Seat>;

import { z } from 'zod';
import { Id, OffsetTime, QueryId, Reason, StoredTime, text, Won } from '../../../http/fields';
import { SCHEDULE_STATES } from '../../catalog/models/schedule';

const Title = text(200);
const QueueId = z
  .string()
  .regex(/^[\w-]{1,64}$/)
  .nullable()
  .describe('The queue that sells it; null: the main queue');
const SeatsPerUser = z.int().min(1).max(10_000).nullable().describe('null: MAX_SEATS_PER_USER');
/** Of one seat; won. The total of an order stays a number of which nothing is lost. */
const LARGEST_PRICE = 1_000_000_000;
const Price = Won.max(LARGEST_PRICE);
const Window = OffsetTime.nullable();
const NewWindow = StoredTime.nullable();

export const ConcertInput = z.strictObject({
  title: Title,
  queueId: QueueId.optional(),
  reason: Reason.optional(),
});
export type ConcertInput = z.infer<typeof ConcertInput>;
export const ConcertPatch = ConcertInput.partial();
export type ConcertPatch = z.infer<typeof ConcertPatch>;

export const ConcertView = z.object({ concertId: Id, title: z.string(), queueId: z.string().nullable() });
export type ConcertView = z.infer<typeof ConcertView>;

const windowFields = {
  opensAt: NewWindow.optional().describe('When the sale opens; null: when the schedule is published'),
  closesAt: NewWindow.optional().describe('When the sale closes; null: when the concert starts'),
  refundableUntil: NewWindow.optional().describe('Until when users may cancel; null: never'),
  seatsPerUser: SeatsPerUser.optional(),
};

export const ScheduleInput = z.strictObject({
  startsAt: StoredTime,
  endsAt: StoredTime,
  layoutId: Id,
  prices: z.record(z.string(), Price).describe('Won, for each price class of the layout'),
  ...windowFields,
  reason: Reason.optional(),
});
export type ScheduleInput = z.infer<typeof ScheduleInput>;

export const SchedulePatch = z.strictObject({
  startsAt: StoredTime.optional().describe('Of a draft only'),
  endsAt: StoredTime.optional().describe('Of a draft only'),
  ...windowFields,
  reason: Reason.optional(),
});
export type SchedulePatch = z.infer<typeof SchedulePatch>;

export const ScheduleQuery = z.object({
  concertId: QueryId.optional(),
  state: z.enum(SCHEDULE_STATES).optional(),
  after: QueryId.optional().describe('Only schedules with a larger id: the last one of the page before'),
});
export type ScheduleQuery = z.infer<typeof ScheduleQuery>;

export const ScheduleView = z.object({
  scheduleId: Id,
  concertId: Id,
  state: z.enum(SCHEDULE_STATES),
  startsAt: OffsetTime,
  endsAt: OffsetTime,
  opensAt: Window,
  closesAt: Window,
  refundableUntil: Window,
  seatsPerUser: SeatsPerUser,
  layoutId: Id.nullable(),
});
export type ScheduleView = z.infer<typeof ScheduleView>;

export const ScheduleDetail = ScheduleView.extend({
  prices: z.record(z.string(), Won),
  seats: z.object({ AVAILABLE: z.int(), TEMP_RESERVED: z.int(), RESERVED: z.int(), BLOCKED: z.int() }),
});
export type ScheduleDetail = z.infer<typeof ScheduleDetail>;

export const ReasonInput = z.strictObject({ reason: Reason.optional() });

export const BlockInput = z.strictObject({
  seatIds: z.array(Id).min(1).max(10_000),
  blocked: z.boolean().describe('true: not for sale; false: for sale again'),
  reason: Reason.optional(),
});
export type BlockInput = z.infer<typeof BlockInput>;
export const BlockView = z.object({ changed: z.int().describe('Seats that were not so already') });

export const SaleInput = z.strictObject({ sale: z.enum(['OPEN', 'CLOSED']), reason: Reason });
export type SaleInput = z.infer<typeof SaleInput>;
export const SaleView = z.object({
  scheduleId: Id,
  sale: z.enum(['OPEN', 'CLOSED']),
  opensAt: Window,
  closesAt: Window,
});
export type SaleView = z.infer<typeof SaleView>;

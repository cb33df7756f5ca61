import { z } from 'zod';
import { Id, QueryId, Won } from '../../../http/fields';

const Version = z
  .string()
  .regex(/^[\w-]{16}$/)
  .describe('The content hash of the layout: another content has another one');

export const LayoutQuery = z.object({
  scheduleId: QueryId,
  version: Version.optional().describe(
    'The version known from the availability: the answer may be kept for a year',
  ),
});

export const AvailabilityQuery = z.object({ scheduleId: QueryId });

const SeatPlace = z.object({
  seatId: Id,
  number: z.string().describe('As it stands on the seat'),
  x: z.int().describe('From the left, in a unit of the layout: seats are usually 10 apart'),
  y: z.int().describe('From the stage, in the same unit'),
  priceClass: z.int().min(0).describe('Index in priceClasses'),
  accessible: z.literal(true).optional().describe('For a wheelchair; absent: no'),
});

/** The immutable part of a seat map. */
export const SeatLayout = z.object({
  version: Version,
  scheduleId: Id,
  seatCount: z.int().min(0),
  priceClasses: z.array(z.object({ name: z.string(), amount: Won })),
  sections: z.array(
    z.object({
      name: z.string().describe('Empty in a schedule without sections'),
      rows: z.array(z.object({ label: z.string(), seats: z.array(SeatPlace) })),
    }),
  ),
});
export type SeatLayout = z.infer<typeof SeatLayout>;

/** The part of a seat map that changes. */
export const Availability = z.object({
  layoutVersion: Version.describe('The layout that `seats` refers to'),
  sale: z
    .enum(['BEFORE', 'OPEN', 'CLOSED', 'CANCELED'])
    .describe('Whether the sales window is open; CANCELED: the schedule was canceled'),
  seats: z
    .base64()
    .describe(
      'Two bits per seat, in the order in which the layout lists the seats: 0 AVAILABLE, 1 TEMP_RESERVED, 2 RESERVED, 3 not for sale. Seat i is in byte floor(i / 4), `(byte >> (2 * (i % 4))) & 3`',
    ),
});
export type Availability = z.infer<typeof Availability>;

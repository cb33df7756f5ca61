import { z } from 'zod';
import { Id, text } from '../../../http/fields';

export const MAX_SEATS = 100_000;
export const MAX_PRICE_CLASSES = 1000;
const MAX_COORDINATE = 1_000_000;

const Label = text(10);
export const PriceClassName = text(40);
const SectionName = text(40);
const Coordinate = z.int().min(-MAX_COORDINATE).max(MAX_COORDINATE);

/** Sections of rows × seats, one behind the other. */
const GridSection = z.strictObject({
  name: SectionName,
  rows: z.int().min(1).max(1000),
  seatsPerRow: z.int().min(1).max(1000),
  priceClass: PriceClassName,
  accessibleRows: z.array(z.int().min(1)).max(100).optional().describe('Rows for wheelchairs, from 1'),
});

export const JsonSeat = z.strictObject({
  number: Label,
  x: Coordinate,
  y: Coordinate,
  priceClass: PriceClassName,
  accessible: z.boolean().optional(),
});

const JsonSection = z.strictObject({
  name: SectionName,
  rows: z.array(z.strictObject({ label: Label, seats: z.array(JsonSeat).min(1) })).min(1),
});

const Name = text(200);
const Grid = z.strictObject({ name: Name, grid: z.array(GridSection).min(1).max(1000) });
const Csv = z.strictObject({
  name: Name,
  csv: z
    .string()
    .min(1)
    .describe('With a header of section,row,number,priceClass and, if wanted, accessible,x,y in any order'),
});

export const LayoutInput = z.union([
  Grid,
  z.strictObject({ name: Name, sections: z.array(JsonSection).min(1).max(10_000) }),
  Csv,
]);

/** A list whose elements are checked one by one, in pieces. */
const Elements = (max: number): z.ZodType<unknown[]> =>
  z.custom<unknown[]>(
    (value) => Array.isArray(value) && value.length > 0 && value.length <= max,
    `expected a list of 1 to ${max}`,
  );

/** A layout of which only the outside has been checked: the rest would be half a second at once. */
export const LayoutOutside = z.union([Grid, z.strictObject({ name: Name, sections: Elements(10_000) }), Csv]);
export type LayoutOutside = z.infer<typeof LayoutOutside>;
export const SectionOutside = z.strictObject({ name: SectionName, rows: Elements(MAX_SEATS) });
export const RowOutside = z.strictObject({ label: Label, seats: Elements(MAX_SEATS) });

export type GridInput = z.infer<typeof GridSection>[];

/** A seat as the layout's document has it. */
export const LayoutSeat = z.strictObject({
  section: SectionName,
  row: Label,
  number: Label,
  priceClass: PriceClassName,
  accessible: z.boolean(),
  x: Coordinate,
  y: Coordinate,
});
export type LayoutSeat = z.infer<typeof LayoutSeat>;

export const LayoutView = z.object({
  layoutId: Id,
  name: z.string(),
  hash: z.string().describe('SHA-256 of the content: the same content is the same layout'),
  seatCount: z.int(),
  priceClasses: z.array(z.string()),
});
export type LayoutView = z.infer<typeof LayoutView>;

export const LayoutWithSeats = LayoutView.extend({ seats: z.array(LayoutSeat) });
export type LayoutWithSeats = z.infer<typeof LayoutWithSeats>;

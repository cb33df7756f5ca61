import { createHash } from 'node:crypto';
import type { SeatLayout } from './schema';

/** A seat as the database has it, in the order of `position`. */
export interface SeatRow {
  id: number;
  position: number;
  amount: number;
  section: string | null;
  rowLabel: string | null;
  seatNumber: string | null;
  priceClass: string | null;
  isAccessible: 0 | 1 | boolean;
  x: number | null;
  y: number | null;
}

/** Seats in a row of a schedule that has no layout. */
const ROW_LENGTH = 25;
/** Between two seats, and between two rows, where the layout does not say. */
const PITCH = 10;

type Section = SeatLayout['sections'][number];
type Row = Section['rows'][number];

/** @returns the layout of a schedule; its seats, section by section and row by row, are in the order of `rows` */
export function layoutOf(scheduleId: number, rows: SeatRow[]): SeatLayout {
  const priceClasses = new Map<string, { index: number; amount: number }>();
  const sections: Section[] = [];
  for (const seat of rows) {
    const name = seat.priceClass ?? String(seat.amount);
    const priceClass = priceClasses.get(name) ?? { index: priceClasses.size, amount: seat.amount };
    priceClasses.set(name, priceClass);
    const place = placeOf(seat);
    rowFor(sections, place).seats.push({
      seatId: seat.id,
      number: place.number,
      x: place.x,
      y: place.y,
      priceClass: priceClass.index,
      ...(seat.isAccessible ? { accessible: true as const } : {}),
    });
  }
  const content = {
    scheduleId,
    seatCount: rows.length,
    priceClasses: [...priceClasses].map(([name, { amount }]) => ({ name, amount })),
    sections,
  };
  return { version: hashOf(JSON.stringify(content)), ...content };
}

interface Place {
  section: string;
  row: string;
  number: string;
  x: number;
  y: number;
}

/** Where a seat is; without a layout the seats fill rows of one section, from the front. */
function placeOf({ position, section, rowLabel, seatNumber, x, y }: SeatRow): Place {
  const column = (position - 1) % ROW_LENGTH;
  const row = Math.floor((position - 1) / ROW_LENGTH);
  return {
    section: section ?? '',
    row: rowLabel ?? String(row + 1),
    number: seatNumber ?? String(section === null ? column + 1 : position),
    x: x ?? column * PITCH,
    y: y ?? row * PITCH,
  };
}

/** The last row if the seat belongs to it, else a new one: the order of the seats is kept in any case. */
function rowFor(sections: Section[], { section, row }: Place): Row {
  let last = sections.at(-1);
  if (last?.name !== section) sections.push((last = { name: section, rows: [] }));
  const lastRow = last.rows.at(-1);
  if (lastRow?.label === row) return lastRow;
  const made: Row = { label: row, seats: [] };
  last.rows.push(made);
  return made;
}

/** 96 bits of SHA-256: nobody else's layout has them. */
const hashOf = (text: string): string =>
  createHash('sha256').update(text).digest().subarray(0, 12).toString('base64url');

import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
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

type Seat = SeatLayout['sections'][number]['rows'][number]['seats'][number];

/** A layout as JSON: of 100,000 seats it is megabytes, so that it is written page by page and never an object. */
export interface LayoutText {
  json: string;
  version: string;
  seatCount: number;
}

/**
 * The layout of a schedule; its seats, section by section and row by row, are in the order of the pages. The event loop
 * goes on between the pages.
 */
export async function layoutOf(
  scheduleId: number,
  pages: Iterable<SeatRow[]> | AsyncIterable<SeatRow[]>,
): Promise<LayoutText> {
  const sections = new SectionsText();
  for await (const page of pages) sections.add(page);
  const { seatCount, priceClasses, texts } = sections.end();
  const head = `"scheduleId":${scheduleId},"seatCount":${seatCount},"priceClasses":${JSON.stringify(priceClasses)}`;
  const content = [`{${head},"sections":[`, ...texts, ']}'];
  const version = await hashOf(content);
  return { json: `{"version":"${version}",${head},"sections":[${texts.join('')}]}`, version, seatCount };
}

/** Writes seats one after the other; a new section or row begins where a seat is not in that of the one before. */
class SectionsText {
  private readonly priceClasses = new Map<string, { index: number; amount: number }>();
  private readonly texts: string[] = [];
  private seatCount = 0;
  private last: { section: string; row: string } | undefined;

  add(seats: SeatRow[]): void {
    let text = '';
    for (const seat of seats) {
      const place = placeOf(seat);
      text += this.begin(place) + JSON.stringify(this.present(seat, place));
      this.last = place;
    }
    this.seatCount += seats.length;
    this.texts.push(text);
  }

  end(): Pick<SeatLayout, 'seatCount' | 'priceClasses'> & { texts: string[] } {
    const priceClasses = [...this.priceClasses].map(([name, { amount }]) => ({ name, amount }));
    const texts = this.last === undefined ? [] : [...this.texts, ']}]}'];
    return { seatCount: this.seatCount, priceClasses, texts };
  }

  private begin({ section, row }: Place): string {
    const { last } = this;
    if (last?.section === section && last.row === row) return ',';
    const rowText = `{"label":${JSON.stringify(row)},"seats":[`;
    if (last?.section === section) return `]},${rowText}`;
    return `${last === undefined ? '' : ']}]},'}{"name":${JSON.stringify(section)},"rows":[${rowText}`;
  }

  private present(seat: SeatRow, { number, x, y }: Place): Seat {
    const name = seat.priceClass ?? String(seat.amount);
    const priceClass = this.priceClasses.get(name) ?? { index: this.priceClasses.size, amount: seat.amount };
    this.priceClasses.set(name, priceClass);
    const own = { seatId: seat.id, number, x, y, priceClass: priceClass.index };
    return seat.isAccessible ? { ...own, accessible: true } : own;
  }
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

/** 96 bits of SHA-256: nobody else's layout has them. */
async function hashOf(texts: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const text of texts) {
    hash.update(text);
    await nextTurn();
  }
  return hash.digest().subarray(0, 12).toString('base64url');
}

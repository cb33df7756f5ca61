import type { z } from 'zod';
import { faultsIn } from '../../../http/middleware/validate';
import { Contradiction } from '../errors';
import { csvLines } from './csv';
import {
  type GridInput,
  JsonSeat,
  type LayoutOutside,
  LayoutSeat,
  MAX_SEATS,
  RowOutside,
  SectionOutside,
} from './schema';

/** Between two seats and between two rows; twice that between two sections. */
const PITCH = 10;

const NEEDED = ['section', 'row', 'number', 'priceClass'];
const COLUMNS = [...NEEDED, 'accessible', 'x', 'y'];
const TRUE = /^(?:1|true|yes|y|x)$/i;
const FALSE = /^(?:0|false|no|n|)$/i;

/** Seats one after the other; undefined where there was work without a seat. */
type Seats = Generator<LayoutSeat | undefined>;

/**
 * The seats of a layout, however it was given; each is checked when it is reached.
 * @throws Contradiction (400) for a seat that is not as it should be, or a CSV that cannot be read
 */
export function seatsOf(input: LayoutOutside): Seats {
  if ('grid' in input) return fromGrid(input.grid);
  return 'csv' in input ? fromCsv(input.csv) : fromSections(input.sections);
}

function* fromGrid(sections: GridInput): Seats {
  const total = sections.reduce((sum, { rows, seatsPerRow }) => sum + rows * seatsPerRow, 0);
  if (total > MAX_SEATS) throw new Contradiction(`grid: at most ${MAX_SEATS} seats, not ${total}.`);
  let y = 0;
  for (const { name: section, rows, seatsPerRow, priceClass, accessibleRows = [] } of sections) {
    for (let row = 1; row <= rows; row++, y += PITCH) {
      const accessible = accessibleRows.includes(row);
      for (let seat = 1; seat <= seatsPerRow; seat++)
        yield {
          section,
          row: String(row),
          number: String(seat),
          priceClass,
          accessible,
          x: (seat - 1) * PITCH,
          y,
        };
    }
    y += PITCH;
  }
}

function* fromSections(sections: unknown[]): Seats {
  for (const [i, ofSection] of sections.entries()) {
    const { name: section, rows } = checked(SectionOutside, ofSection, `sections.${i}`);
    for (const [j, ofRow] of rows.entries()) {
      const { label: row, seats } = checked(RowOutside, ofRow, `sections.${i}.rows.${j}`);
      for (const [k, seat] of seats.entries()) {
        const path = `sections.${i}.rows.${j}.seats.${k}`;
        const { number, priceClass, accessible = false, x, y } = checked(JsonSeat, seat, path);
        yield { section, row, number, priceClass, accessible, x, y };
      }
    }
  }
}

/** Rows and seats without coordinates are placed as in a grid. */
function* fromCsv(csv: string): Seats {
  const place = placing();
  let columns: string[] | undefined;
  let line = 1;
  for (const fields of csvLines(csv)) {
    if (fields.length === 0) yield undefined;
    else if (columns === undefined) columns = columnsOf(fields);
    else yield seatOf(columns, fields, ++line, place);
  }
  if (columns === undefined) throw new Contradiction('csv: there are no lines.');
}

/** @throws Contradiction (400) */
function columnsOf(header: string[]): string[] {
  const columns = header.map((name) => name.trim());
  const unknown = columns.filter((name) => !COLUMNS.includes(name));
  const missing = NEEDED.filter((name) => !columns.includes(name));
  if (unknown.length > 0) throw new Contradiction(`csv: unknown columns ${unknown.join(', ')}.`);
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new Contradiction(`csv: the column ${twice} is there twice.`);
  if (missing.length > 0) throw new Contradiction(`csv: the columns ${missing.join(', ')} are missing.`);
  return columns;
}

type Place = (section: string, row: string) => { x: number; y: number };

/** @throws Contradiction (400) */
function seatOf(columns: string[], fields: string[], line: number, place: Place): LayoutSeat {
  if (fields.length !== columns.length)
    throw new Contradiction(`csv: line ${line} has ${fields.length} fields, not ${columns.length}.`);
  const value = (name: string): string => (fields[columns.indexOf(name)] ?? '').trim();
  const [section, row] = [value('section'), value('row')];
  const placed = place(section, row);
  const number = (name: 'x' | 'y'): number => (value(name) === '' ? placed[name] : numberOf(value(name)));
  const seat = {
    section,
    row,
    number: value('number'),
    priceClass: value('priceClass'),
    accessible: TRUE.test(value('accessible')) || (FALSE.test(value('accessible')) ? false : undefined),
    x: number('x'),
    y: number('y'),
  };
  return checked(LayoutSeat, seat, `csv: line ${line}`);
}

/** NaN for what is no number in plain digits, as 0x10 or 1e3. */
const numberOf = (text: string): number => (/^-?\d+$/.test(text) ? Number(text) : NaN);

/** Gives the next seat of each row its place. */
function placing(): Place {
  const rows = new Map<string, { seats: number; y: number }>();
  const sections = new Set<string>();
  return (section, row) => {
    sections.add(section);
    const name = JSON.stringify([section, row]);
    const known = rows.get(name) ?? { seats: 0, y: (rows.size + sections.size - 1) * PITCH };
    rows.set(name, known);
    return { x: known.seats++ * PITCH, y: known.y };
  };
}

/** @throws Contradiction (400) that begins with the path */
function checked<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new Contradiction(`${path}: ${faultsIn(result.error, '')}`);
  return result.data;
}

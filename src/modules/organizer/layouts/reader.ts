import type { z } from 'zod';
import { groupBy } from '../../../common/group-by';
import { Contradiction } from '../errors';
import { parseCsv } from './csv';
import { type GridInput, type LayoutInput, LayoutSeat, MAX_SEATS, type SectionsInput } from './schema';

/** Between two seats and between two rows; twice that between two sections. */
const PITCH = 10;

const NEEDED = ['section', 'row', 'number', 'priceClass'];
const COLUMNS = [...NEEDED, 'accessible', 'x', 'y'];
const TRUE = /^(?:1|true|yes|y|x)$/i;
const FALSE = /^(?:0|false|no|n|)$/i;

/**
 * The seats of a layout, section by section and row by row, however it was given.
 * @throws Contradiction (400) for a seat that comes twice, too many seats, or a CSV that cannot be read
 */
export function readSeats(input: LayoutInput): LayoutSeat[] {
  const seats = inOrder(readAny(input));
  if (seats.length > MAX_SEATS)
    throw new Contradiction(`layout: at most ${MAX_SEATS} seats, not ${seats.length}.`);
  const names = new Set<string>();
  for (const { section, row, number } of seats) {
    const name = JSON.stringify([section, row, number]);
    if (names.has(name))
      throw new Contradiction(`layout: section ${section}, row ${row}, seat ${number} comes twice.`);
    names.add(name);
  }
  return seats;
}

function readAny(input: LayoutInput): LayoutSeat[] {
  if ('grid' in input) return fromGrid(input.grid);
  return 'csv' in input ? fromCsv(input.csv) : fromSections(input.sections);
}

const inOrder = (seats: LayoutSeat[]): LayoutSeat[] =>
  [...groupBy(seats, ({ section }) => section).values()].flatMap((section) =>
    [...groupBy(section, ({ row }) => row).values()].flat(),
  );

function fromGrid(sections: GridInput): LayoutSeat[] {
  const seats: LayoutSeat[] = [];
  const total = sections.reduce((sum, { rows, seatsPerRow }) => sum + rows * seatsPerRow, 0);
  if (total > MAX_SEATS) throw new Contradiction(`grid: at most ${MAX_SEATS} seats, not ${total}.`);
  let y = 0;
  for (const { name: section, rows, seatsPerRow, priceClass, accessibleRows = [] } of sections) {
    for (let row = 1; row <= rows; row++, y += PITCH)
      for (let seat = 1; seat <= seatsPerRow; seat++)
        seats.push({
          section,
          row: String(row),
          number: String(seat),
          priceClass,
          accessible: accessibleRows.includes(row),
          x: (seat - 1) * PITCH,
          y,
        });
    y += PITCH;
  }
  return seats;
}

const fromSections = (sections: SectionsInput): LayoutSeat[] =>
  sections.flatMap(({ name, rows }) =>
    rows.flatMap(({ label, seats }) =>
      seats.map(({ number, priceClass, accessible = false, x, y }) => ({
        section: name,
        row: label,
        number,
        priceClass,
        accessible,
        x,
        y,
      })),
    ),
  );

/** Rows and seats without coordinates are placed as in a grid. */
function fromCsv(csv: string): LayoutSeat[] {
  const [header, ...lines] = parseCsv(csv) ?? [];
  if (header === undefined) throw new Contradiction('csv: a quote is not closed, or there are no lines.');
  const columns = header.map((name) => name.trim());
  const unknown = columns.filter((name) => !COLUMNS.includes(name));
  const missing = NEEDED.filter((name) => !columns.includes(name));
  if (unknown.length > 0) throw new Contradiction(`csv: unknown columns ${unknown.join(', ')}.`);
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new Contradiction(`csv: the column ${twice} is there twice.`);
  if (missing.length > 0) throw new Contradiction(`csv: the columns ${missing.join(', ')} are missing.`);
  const place = placing();
  return lines.map((fields, index) => {
    if (fields.length !== columns.length)
      throw new Contradiction(`csv: line ${index + 2} has ${fields.length} fields, not ${columns.length}.`);
    const value = (name: string): string => (fields[columns.indexOf(name)] ?? '').trim();
    const [section, row] = [value('section'), value('row')];
    const placed = place(section, row);
    const number = (name: 'x' | 'y'): number => (value(name) === '' ? placed[name] : numberOf(value(name)));
    const seat = LayoutSeat.safeParse({
      section,
      row,
      number: value('number'),
      priceClass: value('priceClass'),
      accessible: TRUE.test(value('accessible')) || (FALSE.test(value('accessible')) ? false : undefined),
      x: number('x'),
      y: number('y'),
    });
    if (!seat.success) throw new Contradiction(`csv: line ${index + 2}: ${describe(seat.error)}`);
    return seat.data;
  });
}

/** NaN for what is no number in plain digits, as 0x10 or 1e3. */
const numberOf = (text: string): number => (/^-?\d+$/.test(text) ? Number(text) : NaN);

/** Gives the next seat of each row its place. */
function placing(): (section: string, row: string) => { x: number; y: number } {
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

const describe = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; ');

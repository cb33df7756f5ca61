import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseInPieces } from '../../../common/pieces/json';
import { Contradiction } from '../errors';
import { seatsOf } from './reader';
import { type LayoutOutside, type LayoutSeat, MAX_PRICE_CLASSES, MAX_SEATS } from './schema';

/** To check or to write that many takes some ms. */
const SEATS_PER_TURN = 500;

/** What a layout is, whatever its name. */
export interface LayoutContent {
  hash: string;
  seatCount: number;
  /** JSON: `{"seats":[…]}`, section by section and row by row. */
  document: string;
  priceClasses: string[];
}

/**
 * Reads, checks and writes a layout in pieces between which the event loop turns.
 * @throws Contradiction (400) for a seat that comes twice, too many seats or price classes, and what cannot be read
 */
export async function contentOf(input: LayoutOutside): Promise<LayoutContent> {
  const hall = new Hall();
  for await (const some of inTurns(seatsOf(input)))
    for (const seat of some) if (seat !== undefined) hall.add(seat);
  if (hall.size === 0) throw new Contradiction('layout: it has no seat.');
  const hash = createHash('sha256');
  const texts: string[] = [];
  for await (const some of inTurns(hall.seats())) {
    const text =
      (texts.length === 0 ? '{"seats":[' : ',') + some.map((seat) => JSON.stringify(seat)).join(',');
    hash.update(text);
    texts.push(text);
  }
  const document = `${texts.join('')}]}`;
  hash.update(']}');
  const { size: seatCount, priceClasses } = hall;
  return { hash: hash.digest('base64url'), seatCount, document, priceClasses: [...priceClasses] };
}

/** The price classes of a layout, in the order in which they come. */
export async function priceClassesOf({ document }: { document: string }): Promise<string[]> {
  const { seats } = (await parseInPieces(document)) as { seats: LayoutSeat[] };
  return [...new Set(seats.map(({ priceClass }) => priceClass))];
}

/** The items in chunks, each in another turn of the event loop. */
async function* inTurns<T>(items: Iterable<T>): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    if (chunk.push(item) < SEATS_PER_TURN) continue;
    yield chunk;
    chunk = [];
    await nextTurn();
  }
  if (chunk.length > 0) yield chunk;
}

/** Sections, rows and seats in the order in which each came first. */
class Hall {
  private readonly sections = new Map<string, Map<string, Map<string, LayoutSeat>>>();
  size = 0;
  readonly priceClasses = new Set<string>();

  /** @throws Contradiction (400) */
  add(seat: LayoutSeat): void {
    const { section, row, number, priceClass } = seat;
    if (++this.size > MAX_SEATS) throw new Contradiction(`layout: at most ${MAX_SEATS} seats.`);
    if (this.priceClasses.add(priceClass).size > MAX_PRICE_CLASSES)
      throw new Contradiction(`layout: at most ${MAX_PRICE_CLASSES} price classes.`);
    const rows = this.sections.get(section) ?? new Map<string, Map<string, LayoutSeat>>();
    this.sections.set(section, rows);
    const seats = rows.get(row) ?? new Map<string, LayoutSeat>();
    rows.set(row, seats);
    if (seats.has(number))
      throw new Contradiction(`layout: section ${section}, row ${row}, seat ${number} comes twice.`);
    seats.set(number, seat);
  }

  *seats(): Generator<LayoutSeat> {
    for (const rows of this.sections.values()) for (const seats of rows.values()) yield* seats.values();
  }
}

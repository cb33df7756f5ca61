import { setImmediate as nextTurn } from 'node:timers/promises';

/** Parsed in about 1 ms. */
const PIECE_LETTERS = 64 * 1024;
const MAX_DEPTH = 100;

const ENDS = { '[': ']', '{': '}' } as const;
type Start = keyof typeof ENDS;

/**
 * The same as JSON.parse, in pieces of at most about `pieceLetters` between which the event loop turns. What is longer
 * is put together of its elements; a string is never parted.
 * @throws SyntaxError as JSON.parse, and for what is nested more than 100 deep
 */
export async function parseInPieces(text: string, pieceLetters = PIECE_LETTERS): Promise<unknown> {
  if (text.length <= pieceLetters) return JSON.parse(text);
  const parts = new Parts(text, pieceLetters);
  const signs = /["[\]{},]/g;
  let turnAt = pieceLetters;
  for (let found = signs.exec(text); found !== null; found = signs.exec(text)) {
    const { 0: sign, index } = found;
    if (sign === '"') signs.lastIndex = endOfString(text, index);
    else parts.add(sign, index);
    if (index < turnAt) continue;
    await nextTurn();
    turnAt = index + pieceLetters;
  }
  return parts.end();
}

/** A list or an object that has not ended. */
class Open {
  readonly values: unknown[] = [];
  readonly fields: [string, unknown][] = [];
  /** Elements from here on are not parsed yet. */
  unparsed: number;
  /** Complete elements among these. */
  count = 0;
  /** Where the present element begins. */
  element: number;
  /** The present element, when it was put together. */
  made: { value: unknown; end: number } | undefined;

  constructor(
    readonly sign: Start,
    readonly start: number,
  ) {
    this.unparsed = this.element = start + 1;
  }

  /** Adds `count` elements. @param inner what stands between the brackets */
  parse(inner: string, count: number): void {
    const parsed = JSON.parse(this.sign + inner + ENDS[this.sign]) as object;
    if (Array.isArray(parsed)) for (const value of parsed) this.values.push(value);
    else for (const field of Object.entries(parsed)) this.fields.push(field);
    // An object may name a field twice, but something must stand between two commas.
    const isWhole = Array.isArray(parsed) ? parsed.length === count : inner.trim() !== '';
    if (!isWhole) throw new SyntaxError('an element is missing');
  }

  /** Adds one element that was put together. @param before what stands before it: nothing, or the name of the field */
  add(before: string, value: unknown): void {
    this.parse(`${before}null`, 1);
    if (this.sign === '[') this.values[this.values.length - 1] = value;
    else (this.fields.at(-1) ?? [])[1] = value;
  }

  get value(): unknown {
    // A field called __proto__ stays one.
    return this.sign === '[' ? this.values : Object.fromEntries(this.fields);
  }
}

/** Puts a text together while its signs are found. */
class Parts {
  private readonly open: Open[] = [];
  private root: { value: unknown; end: number } | undefined;

  constructor(
    private readonly text: string,
    private readonly pieceLetters: number,
  ) {}

  add(sign: string, at: number): void {
    if (sign === '[' || sign === '{') this.begin(sign, at);
    else if (sign === ',') this.endElement(this.innermost(), at);
    else this.close(sign, at);
  }

  /** @throws SyntaxError when it has not ended, or more stands around it */
  end(): unknown {
    if (this.open.length > 0) throw new SyntaxError('it breaks off');
    // Short as a whole, or a string or number: nothing to put together.
    if (this.root === undefined) return JSON.parse(this.text);
    JSON.parse(`null${this.text.slice(this.root.end)}`);
    return this.root.value;
  }

  private innermost(): Open {
    const last = this.open.at(-1);
    if (last === undefined) throw new SyntaxError('not in a list or an object');
    return last;
  }

  private begin(sign: Start, at: number): void {
    if (this.root !== undefined || this.open.length >= MAX_DEPTH) throw new SyntaxError('nested too deep');
    if (this.open.length === 0) JSON.parse(`${this.text.slice(0, at)}null`);
    this.open.push(new Open(sign, at));
  }

  private endElement(list: Open, at: number): void {
    const { made } = list;
    list.count++;
    if (made !== undefined) {
      JSON.parse(`null${this.text.slice(made.end, at)}`);
      list.made = undefined;
      list.count = 0;
      list.unparsed = at + 1;
    } else if (at - list.unparsed >= this.pieceLetters) this.parseUpTo(list, at);
    list.element = at + 1;
  }

  private parseUpTo(list: Open, at: number): void {
    if (list.count > 0) list.parse(this.text.slice(list.unparsed, at), list.count);
    list.count = 0;
    list.unparsed = at + 1;
  }

  private close(sign: string, at: number): void {
    const list = this.innermost();
    if (ENDS[list.sign] !== sign) throw new SyntaxError('another bracket was open');
    this.open.pop();
    // A short one is parsed with what stands around it.
    if (at - list.start < this.pieceLetters && list.values.length + list.fields.length === 0) return;
    this.endElement(list, at);
    this.parseUpTo(list, at);
    const made = { value: list.value, end: at + 1 };
    const around = this.open.at(-1);
    if (around === undefined) {
      this.root = made;
      return;
    }
    if (around.made !== undefined) throw new SyntaxError('a comma is missing');
    if (around.count > 0) around.parse(this.text.slice(around.unparsed, around.element - 1), around.count);
    around.count = 0;
    around.add(this.text.slice(around.element, list.start), made.value);
    around.made = made;
  }
}

/** @param start where its first quote is @returns behind its last one */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  throw new SyntaxError('a string does not end');
}

import { Contradiction } from '../errors';

/** Spreadsheets write it; in front of a quote it would make the quote a letter of the first field. */
const BYTE_ORDER_MARK = '\ufeff';
/** No field or line of a layout is as long: work on one is bounded. */
const MAX_FIELD_LETTERS = 1000;
const MAX_FIELDS = 100;

/**
 * Reads CSV (RFC 4180), a line at a time: quoted fields may have commas, quotes (doubled) and line ends in them; lines end
 * in LF or CRLF.
 * @returns the fields of each line; none for an empty line
 * @throws Contradiction (400) when a quote is not closed, or a field or a line is too long
 */
export function* csvLines(text: string): Generator<string[]> {
  let fields: string[] = [];
  let field = '';
  let isQuoted = false;
  const endField = (): void => {
    if (fields.push(field) > MAX_FIELDS)
      throw new Contradiction(`csv: a line has more than ${MAX_FIELDS} fields.`);
    field = '';
  };
  const endLine = (): string[] => {
    endField();
    const line = fields.length > 1 || fields[0] !== '' ? fields : [];
    fields = [];
    return line;
  };
  for (let i = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0; i < text.length; i++) {
    const letter = text[i] ?? '';
    if (isQuoted) {
      if (letter !== '"') field += letter;
      else if (text[i + 1] === '"') field += text[i++] ?? '';
      else isQuoted = false;
    } else if (letter === '"' && field === '') isQuoted = true;
    else if (letter === ',') endField();
    else if (letter === '\n') yield endLine();
    else if (letter !== '\r' || text[i + 1] !== '\n') field += letter;
    if (field.length > MAX_FIELD_LETTERS)
      throw new Contradiction(
        `csv: a field has more than ${MAX_FIELD_LETTERS} letters, or a quote is not closed.`,
      );
  }
  if (isQuoted) throw new Contradiction('csv: a quote is not closed.');
  if (fields.length > 0 || field !== '') yield endLine();
}

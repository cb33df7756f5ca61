/** Spreadsheets write it; in front of a quote it would make the quote a letter of the first field. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Reads CSV (RFC 4180): quoted fields may have commas, quotes (doubled) and line ends in them; lines end in LF or CRLF.
 * @returns rows of fields; undefined when a quote is not closed
 */
export function parseCsv(text: string): string[][] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let isQuoted = false;
  const endField = (): void => {
    row.push(field);
    field = '';
  };
  const endRow = (): void => {
    endField();
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (let i = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0; i < text.length; i++) {
    const letter = text[i] ?? '';
    if (isQuoted) {
      if (letter !== '"') field += letter;
      else if (text[i + 1] === '"') field += text[i++] ?? '';
      else isQuoted = false;
    } else if (letter === '"' && field === '') isQuoted = true;
    else if (letter === ',') endField();
    else if (letter === '\n') endRow();
    else if (letter !== '\r' || text[i + 1] !== '\n') field += letter;
  }
  if (isQuoted) return undefined;
  endRow();
  return rows;
}

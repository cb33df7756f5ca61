export type CsvValue = string | number | Date | null;

/** Characters with which a spreadsheet begins a formula; in East Asian languages also in their wide form (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
/** With ; and tab, which separate fields where a comma is the decimal point. */
const SPECIAL = /[",;\t\r\n]/;

/** A field: text that a spreadsheet would run as a formula gets an apostrophe in front, numbers stay what they are. */
function fieldOf(value: CsvValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  if (value instanceof Date) return value.toISOString();
  const text = FORMULA.test(value) ? `'${value}` : value;
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A line of CSV (RFC 4180). */
export const csvLine = (values: CsvValue[]): string => `${values.map(fieldOf).join(',')}\r\n`;

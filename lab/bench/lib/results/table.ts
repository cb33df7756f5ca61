import { type Result, verdictOf } from './result.ts';
import type { Spread } from './rounds.ts';

const digits = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2);

const shown = ({ median, interval }: Spread, unit: string): string => {
  const range = interval === undefined ? '' : ` (${digits(interval.low)}–${digits(interval.high)})`;
  return `${digits(median)}${unit && ` ${unit}`}${range}`;
};

function verdict(result: Result): string {
  const known = verdictOf(result);
  if (known === undefined) return '';
  const word = known.reached ? 'reached' : 'MISSED';
  return known.certain ? word : `${word}, not certain`;
}

function targetOf({ target, unit }: Result): string {
  if (target === undefined) return '–';
  const [sign, value] = 'atLeast' in target ? ['≥', target.atLeast] : ['≤', target.atMost];
  return `${sign} ${value.toLocaleString('en')}${unit && ` ${unit}`}`;
}

const side = ({ perSecond, cpuMicros }: { perSecond: number; cpuMicros: number }): string =>
  `${digits(perSecond)}/s, ${digits(cpuMicros)} µs`;

const HEAD = ['benchmark', 'measured (95 %)', 'to reach', '', 'rates', 'CPU', 'ours', 'limit', 'what counts'];

function cells(result: Result): string[] {
  const { comparison: it } = result;
  return [
    result.name,
    shown(result.measured, result.unit),
    targetOf(result),
    verdict(result),
    it ? digits(it.rates.median) : '',
    it ? digits(it.cpu.median) : '',
    it ? side(it.ours) : '',
    it ? side(it.limit) : '',
    result.counted,
  ];
}

/** For a terminal: columns, then the notes. */
export function textTable(results: Result[]): string {
  const rows = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...noteLines(results, '  ')].join('\n');
}

export function markdownTable(results: Result[]): string {
  const row = (of: string[]): string => `| ${of.join(' | ')} |`;
  const table = [row(HEAD), row(HEAD.map(() => '---')), ...results.map((result) => row(cells(result)))];
  return [...table, '', ...noteLines(results, '- ')].join('\n');
}

const noteLines = (results: Result[], indent: string): string[] =>
  results
    .filter(({ notes }) => notes.length > 0)
    .map(({ name, notes }) => `${indent}${name}: ${notes.join('; ')}`);

import type { Finding, InvariantReport, Row } from '../../modules/invariants/schema';

const show = (value: Row[string]): string => (value instanceof Date ? value.toISOString() : String(value));

const describeRow = (row: Row): string =>
  Object.entries(row)
    .map(([name, value]) => `${name}=${show(value)}`)
    .join(' ');

const describeFinding = ({ what, rows, more }: Finding): string[] => [
  `         ${what}:`,
  ...rows.map((row) => `           ${describeRow(row)}`),
  ...(more ? ['           … and more'] : []),
];

/** A line per invariant, the offending rows below it, and a line that sums up. */
export function describeReport({ results }: InvariantReport, tookMs: number): string[] {
  const count = (wanted: string): number => results.filter(({ verdict }) => verdict === wanted).length;
  const numbers = ['ok', 'warning', 'violated', 'unknown', 'skipped']
    .filter((verdict) => verdict === 'ok' || count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${verdict}`);
  return [
    ...results.flatMap(({ id, about, verdict, reason, findings }) => [
      `${verdict.padEnd(8)} ${id} ${about}${reason === undefined ? '' : ` (${reason})`}`,
      ...findings.flatMap(describeFinding),
    ]),
    `${numbers.join(', ')}; ${(tookMs / 1000).toFixed(1)} s`,
  ];
}

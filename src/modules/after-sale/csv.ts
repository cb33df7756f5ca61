import { csvLine, type CsvValue } from '../organizer/exports/csv';
import type { SaleReport } from './schema';

const table = (head: string[], rows: CsvValue[][]): string => [head, ...rows].map(csvLine).join('');

/** The report as CSV, by file name. */
export function csvFiles(report: SaleReport): Record<string, string> {
  const { minutes, limits, chances, waits, etaError, etaAbsoluteError } = report;
  const of = (name: string, { count, mean, p10, p50, p90, p95, p99, max }: typeof waits): CsvValue[] => [
    name,
    count,
    mean,
    p10,
    p50,
    p90,
    p95,
    p99,
    max,
  ];
  return {
    'minutes.csv': table(
      Object.keys(MINUTE),
      minutes.map((minute) => Object.values(MINUTE).map((column) => column(minute))),
    ),
    'limits.csv': table(
      ['at', 'source', 'limit', 'admissionsPerSecond'],
      limits.map(({ ms, source, limit, rate }) => [new Date(ms), source, limit, rate]),
    ),
    'waits.csv': table(
      ['seconds', 'count', 'mean', 'p10', 'p50', 'p90', 'p95', 'p99', 'max'],
      [
        of('wait', waits),
        of('actual minus estimated wait', etaError),
        of('amount of that', etaAbsoluteError),
      ],
    ),
    'chances.csv': table(
      ['chance', 'said', 'predicted', 'served', 'brier'],
      chances.words.map(({ word, said, predicted, served, brier }) => [word, said, predicted, served, brier]),
    ),
    'calibration.csv': table(
      ['from', 'to', 'chance', 'said', 'predicted', 'served', 'brier'],
      chances.bins.map(({ from, to, word, said, predicted, served, brier }) => [
        from,
        to,
        word,
        said,
        predicted,
        served,
        brier,
      ]),
    ),
  };
}

type Minute = SaleReport['minutes'][number];

const MINUTE: Record<keyof Minute, (minute: Minute) => CsvValue> = {
  minute: ({ minute }) => minute,
  issued: ({ issued }) => issued,
  admitted: ({ admitted }) => admitted,
  paid: ({ paid }) => paid,
  ended: ({ ended }) => ended,
  sold: ({ sold }) => sold,
  returned: ({ returned }) => returned,
  won: ({ won }) => won,
  waiting: ({ waiting }) => waiting,
  active: ({ active }) => active,
  limit: ({ limit }) => limit,
  freeSeats: ({ freeSeats }) => freeSeats,
};

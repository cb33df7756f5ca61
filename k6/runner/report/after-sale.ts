import type { SaleReport } from '../../../src/modules/after-sale/schema';
import type { Plot, Series } from '../plots/series.ts';
import { calibrationFigure } from './calibration.ts';
import type { Page, Section } from './page.ts';

const MINUTE_SECONDS = 60;

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const fixed = (value: number): string => value.toFixed(1);
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const time = (ms: number): string => new Date(ms).toISOString();
const minutes = (seconds: number): string => `${(seconds / MINUTE_SECONDS).toFixed(1)} min`;

/** Summary of a sale. */
function verdictOf({ sold, won, waits, refused, soldOutAfterSeconds, chances }: SaleReport): string {
  return `${[
    `${whole(sold)} seats sold for ${whole(won)} won`,
    soldOutAfterSeconds === null ? 'not sold out' : `sold out after ${minutes(soldOutAfterSeconds)}`,
    `waits of ${fixed(waits.p50)} s (median) and ${fixed(waits.p99)} s (p99)`,
    `${whole(refused.absent + refused.notReached)} users were not admitted`,
    ...(chances.brier === null ? [] : [`Brier score of the chances ${chances.brier.toFixed(3)}`]),
  ].join('; ')}.`;
}

/** The report of a sale as a page. */
export function afterSalePage(report: SaleReport): Page {
  const { queueId, fromMs, toMs } = report;
  return {
    title: `Sale of queue ${queueId}, ${time(fromMs)} to ${time(toMs)}`,
    verdict: verdictOf(report),
    sections: [countsOf(report), waitsOf(report), chancesOf(report)],
    plots: plotsOf(report),
    details: [limitsOf(report), minutesOf(report), checkpointOf(report)],
  };
}

function countsOf({ halls, counts, admitted, refused, sold, returned, won }: SaleReport): Section {
  const { issued, admissions, ends, gaps, restores, draws } = counts;
  return {
    title: 'What happened',
    note: 'From the transparency log and the orders. Requests that were shed leave no row: see the metrics.',
    table: {
      head: ['', ''],
      rows: [
        ...halls.map(({ scheduleId, title, seats }) => [
          `schedule ${scheduleId}, ${title}`,
          `${whole(seats)} seats`,
        ]),
        ['entries issued', whole(issued)],
        ['entries admitted', whole(admitted)],
        ['admissions: in turn', whole(admissions.next)],
        ['admissions: nobody waited', whole(admissions.free)],
        ['admissions: rejoined', whole(admissions.rejoined)],
        ['not admitted: absent when the turn came', whole(refused.absent)],
        ['not admitted: the turn did not come', whole(refused.notReached)],
        ['sessions ended by a payment', whole(ends.paid)],
        ['sessions expired', whole(ends.expired)],
        ['sessions released after idling', whole(ends.released)],
        ['entries replaced by another one of the user', whole(ends.replaced)],
        ['seats sold', whole(sold)],
        ['seats refunded', whole(returned)],
        ['revenue, won', whole(won)],
        ['draws', whole(draws)],
        ['restores of the state', whole(restores)],
        ['gaps in the log', whole(gaps)],
      ],
    },
  };
}

function waitsOf({ waits, etaError, etaAbsoluteError }: SaleReport): Section {
  const row = (name: string, of: typeof waits): string[] => [
    name,
    whole(of.count),
    ...[of.mean, of.p10, of.p50, of.p90, of.p95, of.p99, of.max].map(fixed),
  ];
  return {
    title: 'Waits, in seconds',
    note: 'The estimates are those that the product makes, replayed second by second.',
    table: {
      head: ['', 'count', 'mean', 'p10', 'p50', 'p90', 'p95', 'p99', 'max'],
      rows: [
        row('from the issue to the admission', waits),
        row('actual minus estimated wait', etaError),
        row('amount of that', etaAbsoluteError),
      ],
    },
  };
}

function chancesOf({ chances }: SaleReport): Section {
  const brier =
    chances.brier === null ? 'Nothing was predicted.' : `Brier score ${chances.brier.toFixed(3)}.`;
  return {
    title: 'Chances in three words',
    note: `How often the turn came while there were seats, of the entries that were given each word. ${brier}`,
    figure: calibrationFigure(chances),
    table: {
      head: ['word', 'said', 'predicted', 'came true', 'Brier score'],
      rows: chances.words.map(({ word, said, predicted, served, brier: ofWord }) => [
        word,
        whole(said),
        said === 0 ? '–' : percent(predicted),
        said === 0 ? '–' : percent(served),
        said === 0 ? '–' : ofWord.toFixed(3),
      ]),
    },
  };
}

const limitsOf = ({ limits }: SaleReport): Section => ({
  title: 'Course of the limit',
  table: {
    head: ['from', 'set by', 'active users', 'admissions/s'],
    rows: limits.map(({ ms, source, limit, rate }) => [
      time(ms),
      source,
      whole(limit),
      rate === null ? 'no limit' : fixed(rate),
    ]),
  },
});

const minutesOf = ({ minutes: all }: SaleReport): Section => ({
  title: 'Minute by minute',
  table: {
    head: ['minute', 'issued', 'admitted', 'paid', 'ended otherwise', 'sold', 'refunded', 'won'],
    rows: all.map(({ minute, issued, admitted, paid, ended, sold, returned, won }) => [
      String(minute),
      ...[issued, admitted, paid, ended, sold, returned, won].map(whole),
    ]),
  },
});

const checkpointOf = ({ checkpoint: { size, root, note } }: SaleReport): Section => ({
  title: 'Checkpoint of the log',
  note: 'npm run lab -- audit verifies it, and every leaf below it.',
  table: {
    head: ['', ''],
    rows: [
      ['leaves', whole(size)],
      ['root', root],
      ['signed note', note],
    ],
  },
});

function plotsOf({ minutes: all }: SaleReport): Plot[] {
  const series = (name: string, of: (minute: (typeof all)[number]) => number | null): Series => ({
    name,
    points: all.flatMap((minute): Series['points'] => {
      const value = of(minute);
      return value === null ? [] : [[(minute.minute + 1) * MINUTE_SECONDS, value]];
    }),
  });
  const plots: Omit<Plot, 'gapSeconds'>[] = [
    { title: 'Who waits?', unit: 'count', series: [series('waiting', ({ waiting }) => waiting)] },
    {
      title: 'Who is active, under which limit?',
      unit: 'count',
      series: [series('active', ({ active }) => active), series('limit', ({ limit }) => limit)],
    },
    {
      title: 'How many come and go in a minute?',
      unit: 'count',
      series: [
        series('issued', ({ issued }) => issued),
        series('admitted', ({ admitted }) => admitted),
        series('paid', ({ paid }) => paid),
        series('ended otherwise', ({ ended }) => ended),
      ],
    },
    {
      title: 'What is sold in a minute, and what is left?',
      unit: 'count',
      series: [
        series('sold', ({ sold }) => sold),
        series('refunded', ({ returned }) => returned),
        series('free seats', ({ freeSeats }) => freeSeats),
      ],
    },
  ];
  return plots.map((plot) => ({ ...plot, gapSeconds: MINUTE_SECONDS }));
}

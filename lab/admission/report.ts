import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from '../../k6/runner/report.ts';
import { drawCourse } from './model/plots.ts';
import { type Score, scoreOf } from './model/score.ts';
import { type Course, settleSeconds } from './timeline.ts';
import type { Shape } from './scenarios.ts';

/** All runs of one shape, by door: `auto`, or a fixed cap. */
export interface Tried {
  shape: Shape;
  doors: { door: string; runs: Course[] }[];
}

/** Means over the runs of a door. */
interface Row extends Score {
  door: string;
  p99Ms: number;
  failed: number;
  admitted: number;
  settled: string;
}

const AUTO = 'auto';
const HEAD = [
  ...['door', 'visits a minute within the objective', 'seconds that kept it', 'p99', 'failed requests'],
  ...['let in', 'settled after'],
];

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const whole = (value: number): string => Math.round(value).toLocaleString('en');

function rowOf(shape: Shape, door: string, runs: Course[]): Row {
  const meanOf = (of: (course: Course) => number): number => mean(runs.map(of));
  const sumOf = (of: 'failed' | 'admitted'): number =>
    meanOf(({ seconds }) => seconds.reduce((sum, second) => sum + second[of], 0));
  const settled = runs.map(({ seconds }) =>
    settleSeconds(seconds, shape.changes)
      .map((after) => (after === undefined ? 'not' : `${after} s`))
      .join(', '),
  );
  return {
    ...{ door, failed: sumOf('failed'), admitted: sumOf('admitted'), p99Ms: meanOf(({ p99Ms }) => p99Ms) },
    perMinute: meanOf(({ seconds }) => scoreOf(shape, seconds).perMinute),
    kept: meanOf(({ seconds }) => scoreOf(shape, seconds).kept),
    settled: door === AUTO ? settled.join('; ') : '',
  };
}

function tableOf(rows: Row[], best: Row | undefined): string {
  const cells = rows.map((row) => [
    row === best ? `**${row.door}**, the best fixed cap` : row.door,
    whole(row.perMinute),
    Number.isNaN(row.kept) ? '–' : `${(row.kept * 100).toFixed(1)} %`, // nothing but time to settle
    `${whole(row.p99Ms)} ms`,
    ...[whole(row.failed), whole(row.admitted), row.settled],
  ]);
  return markdownTable({ head: HEAD, rows: cells });
}

function sectionOf({ shape, doors }: Tried, pictures: string): string {
  const rows = doors.map(({ door, runs }) => rowOf(shape, door, runs));
  const auto = rows.find(({ door }) => door === AUTO);
  const [best] = rows.filter(({ door }) => door !== AUTO).sort((a, b) => b.perMinute - a.perMinute);
  const course = doors.find(({ door }) => door === AUTO)?.runs[0]?.seconds ?? [];
  const ratio =
    auto === undefined || best === undefined || best.perMinute === 0
      ? ''
      : `\`auto\` / the best fixed cap: ${(auto.perMinute / best.perMinute).toFixed(2)}.`;
  const changes = shape.changes.length > 1 ? `, changes at ${shape.changes.slice(1).join(' s and ')} s` : '';
  return [
    `## ${shape.name}: ${shape.about}`,
    `${shape.seconds} s${changes}.`,
    tableOf(rows, best),
    ratio,
    drawCourse(course, pictures, shape.name),
  ].join('\n\n');
}

/** Draws the pictures into the folder `doors` of `folder`. @returns the page in Markdown */
export function reportOf(tried: Tried[], folder: string): string {
  const pictures = join(folder, 'doors');
  mkdirSync(pictures, { recursive: true });
  const head =
    'Real runs of `npm run doors` ([admission](../admission.md)): p99 below 200 ms and at most 1 % failed, by second, as buyers saw it.';
  return `# Doors\n\n${head}\n\n${tried.map((each) => sectionOf(each, pictures)).join('\n\n')}\n`;
}

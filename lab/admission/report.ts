import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from '../../k6/runner/report/page.ts';
import { drawTimeline } from './plots.ts';
import { mean } from '../statistics/intervals.ts';
import { type ModelResult, type Score, scoreOf } from './model/score.ts';
import type { Second } from './model/second.ts';
import { ratioLine } from './ratio.ts';
import type { Scenario } from './scenarios.ts';
import { settleSeconds, type Timeline } from './timeline.ts';

/** All real runs of one scenario, by limit: `auto`, or a fixed one. */
export interface RealResult {
  scenario: Scenario;
  byLimit: { limit: string; runs: Timeline[] }[];
}

/** Means over the runs with one limit. */
interface Row extends Score {
  limit: string;
  p99Ms: number;
  failed: number;
  admitted: number;
  settled: string;
}

export const AUTO = 'auto';
const HEAD = [
  'limit',
  'visits a minute within the target',
  'seconds that kept it',
  'p99',
  'failed requests',
  'admitted',
  'settled after',
];
const MODEL_HEAD = ['scenario', 'auto', 'best fixed limit', 'ratio'];

const whole = (value: number): string => Math.round(value).toLocaleString('en');
/** Nothing but time to settle gives no share. */
const percent = (share: number): string => (Number.isNaN(share) ? '–' : `${(share * 100).toFixed(1)} %`);

/** The plots go to the folder `admission` in `folder`. @returns the page in Markdown */
export function reportOf(
  { model, real }: { model: ModelResult[]; real: RealResult[] },
  folder: string,
): string {
  const plots = join(folder, 'admission');
  mkdirSync(plots, { recursive: true });
  const head =
    'The admission controller beside the best fixed limit ([admission](../admission.md)). The score is the number of visits completed in a minute, in the seconds in which p99 was below 200 ms and at most 1 % failed; in parentheses is the share of those seconds.';
  const sections = [
    ...(model.length > 0
      ? ['## On the model', modelTable(model), ...model.map((each) => modelSection(each, plots))]
      : []),
    ...(real.length > 0 ? ['## In real runs', ...real.map((each) => realSection(each, plots))] : []),
  ];
  return `# Admission\n\n${head}\n\n${sections.join('\n\n')}\n`;
}

const modelTable = (results: ModelResult[]): string =>
  markdownTable({
    head: MODEL_HEAD,
    rows: results.map(({ scenario, auto, best, ratios }) => [
      scenario.name,
      `${whole(auto.perMinute)} (${percent(auto.kept)})`,
      `${best.limit}: ${whole(best.perMinute)} (${percent(best.kept)})`,
      `${mean(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    ]),
  });

const modelSection = ({ scenario, timeline }: ModelResult, plots: string): string =>
  `### Model ${scenario.name}: ${scenario.about}\n\n${drawTimeline(timeline, plots, `model-${scenario.name}`)}`;

function realSection({ scenario, byLimit }: RealResult, plots: string): string {
  const { name, about, seconds, changes } = scenario;
  const rows = byLimit.map(({ limit, runs }) => rowOf(scenario, limit, runs));
  const auto = rows.find(({ limit }) => limit === AUTO);
  const [best] = rows.filter(({ limit }) => limit !== AUTO).sort((a, b) => b.perMinute - a.perMinute);
  const timeline = byLimit.find(({ limit }) => limit === AUTO)?.runs[0]?.seconds ?? [];
  const secondsOf = (wanted: string | undefined): Second[] =>
    byLimit.find(({ limit }) => limit === wanted)?.runs.flatMap((run) => run.seconds) ?? [];
  const ratio =
    auto === undefined || best === undefined || best.perMinute === 0
      ? ''
      : ratioLine(auto.perMinute / best.perMinute, secondsOf(AUTO), secondsOf(best.limit));
  const changed = changes.length > 1 ? `, changes at ${changes.slice(1).join(' s and ')} s` : '';
  return [
    `### ${name}: ${about}`,
    `${seconds} s${changed}.`,
    tableOf(rows, best),
    ratio,
    drawTimeline(timeline, plots, name),
  ].join('\n\n');
}

function rowOf(scenario: Scenario, limit: string, runs: Timeline[]): Row {
  const meanOf = (of: (timeline: Timeline) => number): number => mean(runs.map(of));
  const sumOf = (of: 'failed' | 'admitted'): number =>
    meanOf(({ seconds }) => seconds.reduce((sum, second) => sum + second[of], 0));
  const settled = runs.map(({ seconds }) =>
    settleSeconds(seconds, scenario.changes)
      .map((after) => (after === undefined ? 'not' : `${after} s`))
      .join(', '),
  );
  return {
    limit,
    failed: sumOf('failed'),
    admitted: sumOf('admitted'),
    p99Ms: meanOf(({ p99Ms }) => p99Ms),
    perMinute: meanOf(({ seconds }) => scoreOf(scenario, seconds).perMinute),
    kept: meanOf(({ seconds }) => scoreOf(scenario, seconds).kept),
    settled: limit === AUTO ? settled.join('; ') : '',
  };
}

function tableOf(rows: Row[], best: Row | undefined): string {
  const cells = rows.map((row) => [
    row === best ? `**${row.limit}**, the best fixed limit` : row.limit,
    whole(row.perMinute),
    percent(row.kept),
    `${whole(row.p99Ms)} ms`,
    whole(row.failed),
    whole(row.admitted),
    row.settled,
  ]);
  return markdownTable({ head: HEAD, rows: cells });
}

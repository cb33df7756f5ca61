import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Figures, type Findings, readFindings } from './checks/findings.ts';
import { root, RunFolder } from './paths.ts';
import { LOADED_MS, plotsOf } from './plots/plots.ts';
import { type Published, published } from './record/published.ts';
import { rehearsalSection } from './rehearsal/section.ts';
import { demandsOf, outageSection, outageVerdict } from './report/outages.ts';
import { htmlPage, markdownPage, type Page, savePlots, type Section, type Table } from './report/page.ts';

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const ms = (value: number): string => (value < 10 ? value.toFixed(1) : whole(value));
const share = (value: number | undefined): string =>
  value === undefined ? '–' : `${(value * 100).toFixed(value > 0 && value < 0.01 ? 3 : 1)} %`;
const seconds = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(1)} s`);

/** One sentence: is the system loaded, did anything fail, did everybody get in. */
export function verdict(run: Findings): string {
  const { figures, thresholds, meta, outages } = run;
  const broken = thresholds.filter(({ kept }) => !kept);
  const parts = [
    ...(outages.length > 0 ? [] : [loaded(figures)]), // in an outage the objective is another one
    `${share(figures.failedShare)} of the requests failed`,
    ...(figures.admittedShare === undefined
      ? []
      : [`${share(figures.admittedShare)} of the users were admitted`]),
    ...(figures.sold > 0 ? [`${whole(figures.sold)} tickets sold`] : []),
    ...(outages.length > 0 ? [outageVerdict(demandsOf(run))] : []),
    ...(thresholds.length === 0
      ? []
      : [
          broken.length === 0
            ? 'all thresholds kept'
            : `${broken.length} of ${thresholds.length} thresholds missed`,
        ]),
    ...(meta.invariants === undefined
      ? []
      : [meta.invariants.ok ? 'all invariants hold' : 'INVARIANTS VIOLATED']),
  ];
  return `${parts.join('; ')}.`;
}

const loaded = ({ p99Ms }: Figures): string =>
  `p99 ${ms(p99Ms)} ms: ${p99Ms > LOADED_MS ? 'LOADED' : 'not loaded'} (the objective is ${LOADED_MS} ms)`;

const COMPARED: [name: string, of: (figures: Figures) => string][] = [
  ['requests', (f) => whole(f.requests)],
  ['requests/s', (f) => f.perSecond.toFixed(1)],
  ['failed', (f) => share(f.failedShare)],
  ['avg ms', (f) => ms(f.avgMs)],
  ['p50 ms', (f) => ms(f.medMs)],
  ['p90 ms', (f) => ms(f.p90Ms)],
  ['p95 ms', (f) => ms(f.p95Ms)],
  ['p99 ms', (f) => ms(f.p99Ms)],
  ['max ms', (f) => ms(f.maxMs)],
  ['visits', (f) => whole(f.visits)],
  ['admitted', (f) => share(f.admittedShare)],
  ['admitted, found no seat', (f) => share(f.foundNoSeatShare)],
  ['admitted, gave up', (f) => share(f.gaveUpShare)],
  ['positions that went back', (f) => whole(f.stepsBack)],
  ['seat conflicts', (f) => whole(f.conflicts)],
  ['tickets sold', (f) => whole(f.sold)],
  ['dropped iterations', (f) => whole(f.dropped)],
];

/** Runs beside each other, with what has been published for the same scenario. */
export function comparison(runs: Findings[], others: Published[] = []): Table {
  const ofPublished = (
    { requestsPerSecond, avgMs, p95Ms, visits, admitted }: Published,
    row: string,
  ): string =>
    ({
      'requests/s': String(requestsPerSecond),
      'avg ms': whole(avgMs),
      'p95 ms': whole(p95Ms),
      visits: whole(visits),
      admitted,
    })[row] ?? '–';
  return {
    head: ['', ...runs.map(({ meta }) => meta.id), ...others.map(({ name }) => name)],
    rows: COMPARED.map(([name, of]) => [
      name,
      ...runs.map(({ figures }) => of(figures)),
      ...others.map((other) => ofPublished(other, name)),
    ]),
  };
}

function sectionsOf(run: Findings, earlier: Findings | undefined): Section[] {
  const { meta, endpoints, thresholds, outages } = run;
  const isStudy = meta.scenario === 'study';
  return [
    ...(meta.rehearsal ? [rehearsalSection(meta.rehearsal)] : []),
    {
      title: earlier || isStudy ? 'The run beside others' : 'The run',
      table: comparison([run, ...(earlier ? [earlier] : [])], isStudy ? published : []),
    },
    {
      title: 'Endpoints',
      table: {
        head: ['endpoint', 'requests', '/s', 'failed', 'avg ms', 'p50', 'p90', 'p95', 'p99', 'max'],
        rows: endpoints.map(({ endpoint, requests, perSecond, failedShare, ms: of }) => [
          endpoint,
          whole(requests),
          perSecond.toFixed(1),
          share(failedShare),
          ...[of.avg, of.med, of.p90, of.p95, of.p99, of.max].map(ms),
        ]),
      },
    },
    ...(outages.length === 0 ? [] : [outageSection(run)]),
    ...(thresholds.length === 0
      ? []
      : [
          {
            title: 'Thresholds',
            table: {
              head: ['metric', 'condition', ''],
              rows: thresholds.map(({ metric, condition, kept }) => [
                metric,
                condition,
                kept ? 'kept' : 'MISSED',
              ]),
            },
          },
        ]),
    ...(meta.invariants === undefined || meta.invariants.findings.length === 0
      ? []
      : [
          {
            title: 'Invariants',
            table: { head: ['finding'], rows: meta.invariants.findings.map((finding) => [finding]) },
          },
        ]),
    {
      title: 'Environment',
      table: {
        head: ['', ''],
        rows: [
          ['started', meta.startedAt],
          ['lasted', seconds(meta.seconds)],
          [
            'variables',
            Object.entries(meta.variables)
              .map((pair) => pair.join('='))
              .join(' ') || 'defaults',
          ],
          ...Object.entries(meta.environment),
        ],
      },
    },
  ];
}

/** Writes report.html, which needs no other file, and report.md. @returns the folder */
export function writeReport(id: string, compareWith?: string): { folder: RunFolder; findings: Findings } {
  const findings = readFindings(id);
  const earlier = compareWith === undefined ? undefined : readFindings(compareWith);
  const sections = sectionsOf(findings, earlier);
  const folder = new RunFolder(id);
  const page = pageOf(findings, sections);
  writeFileSync(folder.html, htmlPage(page));
  writeFileSync(folder.markdown, markdownPage(page));
  return { folder, findings };
}

/** Those that a committed report shows: the others are in report.html. */
const SAVED = new Set([
  'How fast are the answers?',
  'Which endpoint is slow? (p99)',
  'How much is asked?',
  'What is not done?',
  'Who waits, and who is active?',
  'What comes of it?',
  'When are breakers open? (1: in that state)',
  'Does the event loop stall?',
  'How busy is the process?',
]);

/** Writes docs/results/load/<name>.md with its pictures beside it. @returns its path */
export function saveReport(findings: Findings, name: string): string {
  const folder = join(root, 'docs', 'results', 'load');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.md`);
  const page = pageOf(findings, sectionsOf(findings, undefined));
  const pictures = savePlots(
    folder,
    name,
    page.plots.filter(({ title }) => SAVED.has(title)),
  );
  writeFileSync(path, `${markdownPage(page)}\n${pictures}`);
  return path;
}

const pageOf = (findings: Findings, sections: Section[]): Page => ({
  title: findings.meta.id,
  verdict: verdict(findings),
  sections: sections.slice(0, 2),
  plots: plotsOf(findings),
  details: sections.slice(2),
});

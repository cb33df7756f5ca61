import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Figures, type Findings, readFindings } from './findings.ts';
import { root, RunFolder } from './paths.ts';
import { drawPlot, escape } from './plot.ts';
import { LOADED_MS, plotsOf } from './plots.ts';
import { type Published, published } from './published.ts';
import type { Plot } from './series.ts';

export type Table = { head: string[]; rows: string[][] };

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const ms = (value: number): string => (value < 10 ? value.toFixed(1) : whole(value));
const share = (value: number | undefined): string =>
  value === undefined ? '–' : `${(value * 100).toFixed(value > 0 && value < 0.01 ? 3 : 1)} %`;
const seconds = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(1)} s`);

/** One sentence: is the system loaded, did anything fail, did everybody get in. */
export function verdict({ figures, thresholds, meta }: Findings): string {
  const broken = thresholds.filter(({ kept }) => !kept);
  const parts = [
    `p99 ${ms(figures.p99Ms)} ms: ${figures.p99Ms > LOADED_MS ? 'LOADED' : 'not loaded'} (the objective is ${LOADED_MS} ms)`,
    `${share(figures.failedShare)} of the requests failed`,
    ...(figures.admittedShare === undefined
      ? []
      : [`${share(figures.admittedShare)} of the users were admitted`]),
    ...(figures.sold > 0 ? [`${whole(figures.sold)} tickets sold`] : []),
    broken.length === 0
      ? 'all thresholds kept'
      : `${broken.length} of ${thresholds.length} thresholds missed`,
    ...(meta.invariants === undefined
      ? []
      : [meta.invariants.ok ? 'all invariants hold' : 'INVARIANTS VIOLATED']),
  ];
  return `${parts.join('; ')}.`;
}

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

export interface Section {
  title: string;
  note?: string;
  table: Table;
}

function sectionsOf(run: Findings, earlier: Findings | undefined): Section[] {
  const { meta, endpoints, thresholds, outages } = run;
  const isStudy = meta.scenario === 'study';
  return [
    {
      title: earlier || isStudy ? 'The run beside others' : 'The run',
      table: comparison([run, ...(earlier ? [earlier] : [])], isStudy ? published : []),
    },
    {
      title: 'Endpoints',
      table: {
        head: ['endpoint', 'requests', '/s', 'failed', 'avg ms', 'p50', 'p90', 'p95', 'p99', 'max'],
        rows: endpoints.map(({ endpoint, requests, perSecond, failedShare, ms: of }) => [
          ...[endpoint, whole(requests), perSecond.toFixed(1), share(failedShare)],
          ...[of.avg, of.med, of.p90, of.p95, of.p99, of.max].map(ms),
        ]),
      },
    },
    ...(outages.length === 0
      ? []
      : [
          {
            title: 'Outages',
            note: 'By samples taken once a second. Recovered: all breakers closed again.',
            table: {
              head: ['stopped', 'at', 'for', 'breaker opened after', 'recovered after its return'],
              rows: outages.map(({ service, from, until, openedAfter, recoveredAfter }) => [
                ...[service, seconds(from), seconds(until - from)],
                openedAfter === undefined ? 'stayed closed' : seconds(openedAfter),
                seconds(recoveredAfter),
              ]),
            },
          },
        ]),
    {
      title: 'Thresholds',
      table: {
        head: ['metric', 'condition', ''],
        rows: thresholds.map(({ metric, condition, kept }) => [metric, condition, kept ? 'kept' : 'MISSED']),
      },
    },
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
  ...['Latency, all requests', 'p99 by endpoint', 'Requests by endpoint', 'Failed requests', 'Waiting room'],
  ...['Seats', 'Breakers (1: in that state)', 'Event-loop delay', 'Processor'],
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

/** What a report of any kind shows, in this order. */
export interface Page {
  title: string;
  verdict: string;
  sections: Section[];
  plots: Plot[];
  details: Section[];
}

export function htmlPage({ title, verdict, sections, plots, details }: Page): string {
  const figures = plots.map(
    (plot) =>
      `<figure><figcaption>${escape(plot.title)} (${plot.unit})</figcaption>${drawPlot(plot)}</figure>`,
  );
  const tables = (some: Section[]): string =>
    some
      .map(
        ({ title: of, note, table }) =>
          `<h2>${escape(of)}</h2>${note === undefined ? '' : `<p>${escape(note)}</p>`}${htmlTable(table)}`,
      )
      .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${STYLE}</style></head>
<body><h1>${escape(title)}</h1><p class="verdict">${escape(verdict)}</p>
${tables(sections)}
<h2>Over time</h2><div class="plots">${figures.join('\n')}</div>
${tables(details)}
</body></html>
`;
}

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:1440px;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}td,th{padding:.25rem .75rem;border-bottom:1px solid #ddd;text-align:right;vertical-align:top}td:first-child,th:first-child{text-align:left}.verdict{font-size:1.15rem;font-weight:600}.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(440px,1fr));gap:1rem}figure{margin:0}figcaption{font-weight:600}svg{width:100%;height:auto}';

const htmlTable = ({ head, rows }: Table): string =>
  `<table><thead><tr>${head.map((cell) => `<th>${escape(cell)}</th>`).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`).join('')}</tbody></table>`;

/** Without its plots. */
export function markdownPage({ title, verdict, sections, details }: Page): string {
  const tables = [...sections, ...details].map(
    ({ title: of, note, table }) =>
      `## ${of}\n\n${note === undefined ? '' : `${note}\n\n`}${markdownTable(table)}`,
  );
  return `# ${title}\n\n${verdict}\n\n${tables.join('\n\n')}\n`;
}

/** Puts pictures into a folder. @returns Markdown that shows them */
export function savePlots(folder: string, name: string, plots: Plot[]): string {
  const pictures = plots.map((plot) => {
    const title = plot.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    const file = `${name}-${title.replace(/-$/, '')}.svg`;
    writeFileSync(join(folder, file), `${drawPlot(plot)}\n`);
    return `### ${plot.title} (${plot.unit})\n\n![${plot.title}](${file})`;
  });
  return `## Over time\n\n${pictures.join('\n\n')}\n`;
}

export function markdownTable({ head, rows }: Table): string {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { escape } from '../plots/escape.ts';
import { drawPlot } from '../plots/plot.ts';
import type { Plot } from '../plots/series.ts';
import { CALIBRATION_HOVER } from './calibration.ts';
import { figureOf, HOVER } from './chart.ts';
import { STYLE } from './style.ts';

export interface Table {
  head: string[];
  rows: string[][];
}

export interface Section {
  title: string;
  note?: string;
  table: Table;
  /** HTML below the table. */
  figure?: string;
}

/** What a report of any kind shows, in this order. */
export interface Page {
  title: string;
  verdict: string;
  sections: Section[];
  plots: Plot[];
  details: Section[];
}

/** One file that needs no other: it follows the reader's light or dark mode, and charts tell their values. */
export function htmlPage({ title, verdict, sections, plots, details }: Page): string {
  const tables = (some: Section[]): string =>
    some
      .map(
        ({ title: of, note, table, figure = '' }) =>
          `<h2>${escape(of)}</h2>${note === undefined ? '' : `<p>${escape(note)}</p>`}${htmlTable(table)}${figure}`,
      )
      .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${STYLE}</style></head>
<body><h1>${escape(title)}</h1><p class="verdict">${escape(verdict)}</p>
${tables(sections)}
<h2>Over time</h2><div class="plots">${plots.map(figureOf).join('\n')}</div>
${tables(details)}
<script>${HOVER}${CALIBRATION_HOVER}</script></body></html>
`;
}

const htmlTable = ({ head, rows }: Table): string => {
  const row = (cells: string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>`;
};

/** Without its plots and figures. */
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

import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { drawPlot } from '../../k6/runner/plots/plot.ts';
import type { Plot } from '../../k6/runner/plots/series.ts';
import { TARGET_MS } from './model/score.ts';
import type { Second } from './model/second.ts';

function plotsOf(timeline: Second[]): Plot[] {
  const over = (name: string, of: (second: Second) => number): Plot['series'][number] => ({
    name,
    points: timeline.map((second) => [second.at, of(second)]),
  });
  return [
    {
      title: 'active',
      unit: 'count',
      series: [over('limit', (s) => s.limit), over('active', (s) => s.active)],
    },
    {
      title: 'rate',
      unit: '/s',
      series: [over('limit', (s) => s.rate), over('admitted', (s) => s.admitted)],
    },
    {
      title: 'p99',
      unit: 'ms',
      series: [over('p99', (s) => s.p99Ms)],
      limit: { name: 'target', value: TARGET_MS },
    },
    { title: 'waiting', unit: 'count', series: [over('waiting', (s) => s.waiting)] },
  ];
}

/** Draws the plots of a timeline into a folder. @returns Markdown for a page beside that folder */
export function drawTimeline(timeline: Second[], folder: string, name: string): string {
  const images = plotsOf(timeline).map((plot) => {
    const file = `${name}-${plot.title}.svg`;
    writeFileSync(join(folder, file), `${drawPlot(plot)}\n`);
    return `![${plot.title}](${basename(folder)}/${file})`;
  });
  return images.join('\n');
}

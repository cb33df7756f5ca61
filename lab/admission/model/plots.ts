import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { drawPlot } from '../../../k6/runner/plot.ts';
import type { Plot } from '../../../k6/runner/series.ts';
import { scoreOf, SLO_MS } from './score.ts';
import { SHAPES } from './scenarios.ts';
import { adaptiveCap, type Second, simulateDoor } from './simulate.ts';

function plotsOf(course: Second[]): Plot[] {
  const over = (name: string, of: (second: Second) => number): Plot['series'][number] => ({
    name,
    points: course.map((second) => [second.at, of(second)]),
  });
  return [
    { title: 'inside', unit: 'count', series: [over('cap', (s) => s.cap), over('inside', (s) => s.inside)] },
    { title: 'rate', unit: '/s', series: [over('most', (s) => s.rate), over('let in', (s) => s.admitted)] },
    {
      title: 'p99',
      unit: 'ms',
      series: [over('p99', (s) => s.p99Ms)],
      limit: { name: 'objective', value: SLO_MS },
    },
    { title: 'waiting', unit: 'count', series: [over('waiting', (s) => s.waiting)] },
  ];
}

/** Draws the plots of a course into a folder. @returns Markdown beside that folder that shows them */
export function drawCourse(course: Second[], folder: string, name: string): string {
  const images = plotsOf(course).map((plot) => {
    const file = `${name}-${plot.title}.svg`;
    writeFileSync(join(folder, file), `${drawPlot(plot)}\n`);
    return `![${plot.title}](${basename(folder)}/${file})`;
  });
  return images.join('\n');
}

/** Draws the adaptive door's course in each shape. @returns the page that shows them, in Markdown */
export function drawDoors(folder: string): string {
  const pictures = join(folder, 'door');
  mkdirSync(pictures, { recursive: true });
  const sections = SHAPES.map((shape) => {
    const course = simulateDoor(shape, adaptiveCap());
    const { perMinute, kept } = scoreOf(shape, course);
    const images = drawCourse(course, pictures, shape.name);
    const score = `${Math.round(perMinute)} visits a minute within the objective, kept in ${(kept * 100).toFixed(1)} % of seconds.`;
    return `## ${shape.name}: ${shape.about}\n\n${score}\n\n${images}`;
  });
  const head = 'Made by `npm run simulate -- --door`: the model of [admission](../admission.md), seed 1.';
  return `# The adaptive door on the model\n\n${head}\n\n${sections.join('\n\n')}\n`;
}

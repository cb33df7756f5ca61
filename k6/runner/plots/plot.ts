import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { escape } from './escape.ts';
import { type Plot, type Series, thin } from './series.ts';

const SIZE = { width: 680, height: 240 };
const EDGE = { top: 12, right: 12, bottom: 28, left: 56 };
/** Okabe and Ito's palette: the colour-blind can distinguish it as well. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999999'];

/** CSS for the lines and their legend. @param black how the black one differs from the page, light or dark */
export const lineColours = (black: string): string =>
  COLOURS.map((colour) => (colour === '#000000' ? black : colour))
    .map((colour, i) => `.c${i}{stroke:${colour}}rect.c${i}{fill:${colour}}`)
    .join('');

const classOf = (index: number): string => `c${index % COLOURS.length}`;

const shown = (value: number): string =>
  value >= 10_000 ? `${Math.round(value / 1000)}k` : String(Number(value.toPrecision(3)));

/** Seconds without a value after which the line is broken off: nothing was measured in between. */
const GAP_SECONDS = 10;

export const gapSecondsOf = ({ gapSeconds = GAP_SECONDS }: Plot): number => gapSeconds;

/** Where a plot has its values, in units of its SVG. */
export const FRAME = { width: SIZE.width, left: EDGE.left, right: SIZE.width - EDGE.right };

/** How long the time axis is. */
export const secondsOf = ({ series }: Plot): number =>
  Math.max(1, max(series.flatMap(({ points }) => points.map(([seconds]) => seconds))) ?? 1);

/** A plot over time with a legend: a separate SVG, or one whose colours are those of the page around it. */
export function drawPlot(plot: Plot, where: 'alone' | 'in a page' = 'alone'): string {
  const { title, unit, series, limit } = plot;
  const drawn = series.map((each) => thin(each, gapSecondsOf(plot)));
  const all = drawn.flatMap(({ points }) => points);
  const { width, height } = SIZE;
  const bottom = height - EDGE.bottom;
  const x = scaleLinear([0, secondsOf(plot)], [EDGE.left, width - EDGE.right]);
  const highest = max([...all.map(([, value]) => value), limit?.value ?? 0]) ?? 0;
  const y = scaleLinear([0, highest > 0 ? highest * 1.05 : 1], [bottom, EDGE.top]).nice();
  const path = line<Series['points'][number]>(
    ([seconds]) => x(seconds),
    ([, value]) => y(value),
  ).defined(([, value]) => !Number.isNaN(value));
  const grid = y
    .ticks(5)
    .map(
      (tick) =>
        `<line x1="${EDGE.left}" x2="${width - EDGE.right}" y1="${y(tick)}" y2="${y(tick)}" class="grid"/>` +
        `<text x="${EDGE.left - 6}" y="${y(tick) + 4}" text-anchor="end">${shown(tick)}</text>`,
    );
  const times = x
    .ticks(8)
    .map((tick) => `<text x="${x(tick)}" y="${height - 10}" text-anchor="middle">${shown(tick)} s</text>`);
  const lines = drawn.map(({ points }, i) => `<path d="${path(points) ?? ''}" class="line ${classOf(i)}"/>`);
  const bar =
    limit === undefined
      ? ''
      : `<line x1="${EDGE.left}" x2="${width - EDGE.right}" y1="${y(limit.value)}" y2="${y(limit.value)}" class="limit"/><text x="${width - EDGE.right}" y="${y(limit.value) - 4}" text-anchor="end">${escape(limit.name)}</text>`;
  const legendRows = Math.ceil(drawn.length / LEGEND_COLUMNS);
  const legend = drawn.map(({ name }, i) => {
    const left = EDGE.left + (i % LEGEND_COLUMNS) * ((width - EDGE.left) / LEGEND_COLUMNS);
    const top = height + 8 + Math.floor(i / LEGEND_COLUMNS) * LEGEND_ROW;
    return `<rect x="${left}" y="${top - 8}" width="10" height="10" class="${classOf(i)}"/><text x="${left + 15}" y="${top}">${escape(name)}</text>`;
  });
  const total = height + legendRows * LEGEND_ROW + 6;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" role="img" aria-label="${escape(title)}, ${unit}">${where === 'alone' ? `<style>${STYLE}</style><rect width="${width}" height="${total}" fill="#ffffff"/>` : ''}${grid.join('')}${times.join('')}${bar}${lines.join('')}${legend.join('')}${where === 'alone' ? '' : `<line class="cursor" x1="0" x2="0" y1="${EDGE.top}" y2="${bottom}"/>`}</svg>`;
}

const LEGEND_COLUMNS = 4;
const LEGEND_ROW = 18;
const STYLE = `text{font:11px system-ui,sans-serif;fill:#444}.grid{stroke:#e4e4e4}.line{fill:none;stroke-width:1.5}.limit{stroke:#c00;stroke-dasharray:4 3}${lineColours('#000000')}`;

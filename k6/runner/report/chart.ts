import { escape } from '../plots/escape.ts';
import { drawPlot, FRAME, gapSecondsOf, secondsOf } from '../plots/plot.ts';
import type { Plot } from '../plots/series.ts';

/** A chart of a report, with its values beside it for HOVER. */
export function figureOf(plot: Plot): string {
  const { title, unit, series } = plot;
  const values = {
    unit,
    seconds: secondsOf(plot),
    gapSeconds: gapSecondsOf(plot),
    series: series.map(({ name, points }) => ({ name, points })),
  };
  const json = JSON.stringify(values).replaceAll('<', '\\u003c'); // a name must not end the script
  return `<figure tabindex="0"><figcaption>${escape(title)} (${unit})</figcaption>${drawPlot(plot, 'in a page')}<output></output><script type="application/json">${json}</script></figure>`;
}

/**
 * Shows the values under the pointer, or at the cursor that the arrow keys move. Plain script in the page: it runs in
 * whichever browser opens the file.
 */
export const HOVER = `
for (const figure of document.querySelectorAll('.plots figure')) {
  const { unit, seconds, gapSeconds, series } = JSON.parse(figure.querySelector('script').textContent);
  const svg = figure.querySelector('svg'), cursor = svg.querySelector('.cursor'), output = figure.querySelector('output');
  const frame = ${JSON.stringify(FRAME)};
  let at = 0;
  const nearest = (points) => points.reduce((best, point) => Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best, points[0]);
  const show = () => {
    const x = frame.left + (at / seconds) * (frame.right - frame.left);
    cursor.setAttribute('x1', x); cursor.setAttribute('x2', x); cursor.style.visibility = 'visible';
    const lines = series.map(({ name, points }) => {
      const [when, value] = points.length > 0 ? nearest(points) : [-1 / 0, 0];
      const isNear = Math.abs(when - at) <= gapSeconds;
      return name + '  ' + (isNear ? Number(value.toPrecision(4)) + ' ' + unit : 'nothing measured');
    });
    output.textContent = [at.toFixed(0) + ' s', ...lines].join('\\n');
    const isLeft = at < seconds / 2;
    output.style.left = isLeft ? 'auto' : '4rem'; output.style.right = isLeft ? '1rem' : 'auto';
  };
  const hide = () => { cursor.style.visibility = 'hidden'; output.textContent = ''; };
  figure.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * frame.width;
    at = Math.min(1, Math.max(0, (x - frame.left) / (frame.right - frame.left))) * seconds;
    show();
  });
  figure.addEventListener('pointerleave', hide);
  figure.addEventListener('blur', hide);
  figure.addEventListener('keydown', ({ key }) => {
    const step = Number(key === 'ArrowRight') - Number(key === 'ArrowLeft');
    if (step === 0) return;
    at = Math.min(seconds, Math.max(0, at + step));
    show();
  });
}
`;

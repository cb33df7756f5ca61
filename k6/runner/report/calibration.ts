import type { ChanceFigures } from '../../../src/modules/after-sale/figures';
import { escape } from '../plots/escape.ts';

const SIZE = 320;
const EDGE = { top: 20, right: 24, bottom: 44, left: 56 };
const RADIUS = { least: 3, greatest: 14 };
const LEGEND_ROW = 18;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];
/** Each has its class of colour (plots/plot.ts). */
const WORDS = ['likely', 'possible', 'unlikely'];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const classOf = (word: string): string => `c${WORDS.indexOf(word)}`;

/**
 * Reliability diagram of the chances: a mark for each tenth of the chance, at the mean chance that was published and at
 * the share whose turn came while there were seats. Perfect chances are on the diagonal. The area of a mark grows with
 * the number of chances.
 */
export function calibrationFigure({ bins, words, brier }: ChanceFigures): string {
  if (brier === null) return '';
  const title = `How right were the chances? (Brier score ${brier.toFixed(3)})`;
  return `<figure class="calibration" tabindex="0"><figcaption>${escape(title)}</figcaption>${draw(title, { bins, words })}<output></output></figure>`;
}

const x = (share: number): number => Math.round(EDGE.left + share * (SIZE - EDGE.right - EDGE.left));
const y = (share: number): number => Math.round(SIZE - EDGE.bottom - share * (SIZE - EDGE.bottom - EDGE.top));

/** So that the area says how many. */
const radius = (count: number, most: number): number =>
  Math.round(Math.max(RADIUS.least, RADIUS.greatest * Math.sqrt(count / most)));

function draw(title: string, { bins, words }: Pick<ChanceFigures, 'bins' | 'words'>): string {
  const most = Math.max(...bins.map(({ said }) => said));
  const grid = TICKS.map(
    (tick) =>
      `<line x1="${x(0)}" x2="${x(1)}" y1="${y(tick)}" y2="${y(tick)}" class="grid"/>` +
      `<text x="${x(0) - 6}" y="${y(tick) + 4}" text-anchor="end">${100 * tick} %</text>` +
      `<text x="${x(tick)}" y="${y(0) + 16}" text-anchor="middle">${100 * tick} %</text>`,
  );
  const marks = bins.map(({ word, said, predicted, served }) => {
    const text = `${word}, said ${said} times\n${percent(predicted)} expected\n${percent(served)} came true`;
    return `<circle cx="${x(predicted)}" cy="${y(served)}" r="${radius(said, most)}" class="mark ${classOf(word)}" data-text="${escape(text)}"/>`;
  });
  const legend = words.map(({ word, said }, i) => {
    const top = SIZE + 8 + i * LEGEND_ROW;
    return `<rect x="${EDGE.left}" y="${top - 8}" width="10" height="10" class="${classOf(word)}"/><text x="${EDGE.left + 15}" y="${top}">${escape(`${word}, said ${said} times`)}</text>`;
  });
  const height = SIZE + words.length * LEGEND_ROW + 6;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${height}" role="img" aria-label="${escape(title)}">${grid.join('')}<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" class="limit"/><text x="${x(0.5)}" y="${SIZE - 8}" text-anchor="middle">expected, on average</text><text x="14" y="${y(0.5)}" text-anchor="middle" transform="rotate(-90 14 ${y(0.5)})">came true</text>${marks.join('')}${legend.join('')}</svg>`;
}

/** Shows the figures of the mark that is nearest to the pointer, or that the arrow keys have reached. */
export const CALIBRATION_HOVER = `
for (const figure of document.querySelectorAll('figure.calibration')) {
  const marks = [...figure.querySelectorAll('.mark')], output = figure.querySelector('output');
  let at = -1;
  const show = (next) => {
    at = next;
    marks.forEach((mark, i) => mark.classList.toggle('chosen', i === at));
    output.textContent = at < 0 ? '' : marks[at].dataset.text;
  };
  const farness = (mark, event) => {
    const box = mark.getBoundingClientRect();
    return Math.hypot(box.x + box.width / 2 - event.clientX, box.y + box.height / 2 - event.clientY);
  };
  figure.addEventListener('pointermove', (event) =>
    show(marks.reduce((best, mark, i) => farness(mark, event) < farness(marks[best], event) ? i : best, 0)));
  figure.addEventListener('pointerleave', () => show(-1));
  figure.addEventListener('blur', () => show(-1));
  figure.addEventListener('keydown', ({ key }) => {
    const step = Number(key === 'ArrowRight') - Number(key === 'ArrowLeft');
    if (step !== 0) show(Math.min(marks.length - 1, Math.max(0, at + step)));
  });
}
`;

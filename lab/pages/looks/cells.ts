import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Page } from 'playwright-core';

/** Pixels of a cell's side. */
const CELL = 16;
/** Steps of a colour between none and all of it. */
const STEPS = 16;
/** A step may be rounding. */
const MOST_STEPS = 1;

/** A picture as the mean colours of its cells: small, and the same where only the smoothing of edges differs. */
export interface Look {
  /** Cells in a row. */
  width: number;
  /** A red, a green and a blue for each cell, row by row; 0 to 15. */
  colours: Uint8Array;
}

/** As it is kept. */
export interface KeptLook {
  width: number;
  /** The colours, deflated, base64. */
  colours: string;
}

export const pack = ({ width, colours }: Look): KeptLook => ({
  width,
  colours: deflateRawSync(colours, { level: 9 }).toString('base64'),
});

export const unpack = ({ width, colours }: KeptLook): Look => ({
  width,
  colours: inflateRawSync(Buffer.from(colours, 'base64')),
});

/** What a page shows in its window. @param helper a page that decodes the picture */
export async function lookOf(page: Page, helper: Page): Promise<Look> {
  const png = (await page.screenshot()).toString('base64');
  const { width, colours } = await helper.evaluate<{ width: number; colours: number[] }>(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png}';
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const width = Math.ceil(image.width / ${CELL});
    const cells = width * Math.ceil(image.height / ${CELL});
    const [sums, counts] = [new Float64Array(3 * cells), new Float64Array(cells)];
    for (let y = 0, at = 0; y < image.height; y++)
      for (let x = 0; x < image.width; x++, at += 4) {
        const cell = Math.floor(y / ${CELL}) * width + Math.floor(x / ${CELL});
        counts[cell]++;
        for (let c = 0; c < 3; c++) sums[3 * cell + c] += data[at + c];
      }
    return { width, colours: Array.from(sums, (sum, i) => Math.floor((${STEPS} / 256) * (sum / counts[Math.floor(i / 3)]))) };
  })()`);
  return { width, colours: Uint8Array.from(colours) };
}

export interface Difference {
  /** Of the cells. */
  share: number;
  /** The rectangle that has all of them, in pixels: left, top, right, bottom. */
  box: [number, number, number, number];
}

/** Cells whose colour differs by more than a step, also those that only one of the two has; undefined: there are none. */
export function differenceOf(before: Look, after: Look): Difference | undefined {
  const width = Math.max(before.width, after.width);
  const height = Math.max(heightOf(before), heightOf(after));
  const found: { x: number; y: number }[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (isOther(before, after, x, y)) found.push({ x, y });
  if (found.length === 0) return undefined;
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (const { x, y } of found) {
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  const box = [left, top, right, bottom];
  return {
    share: found.length / (width * height),
    box: box.map((cells) => cells * CELL) as Difference['box'],
  };
}

const heightOf = ({ width, colours }: Look): number => colours.length / 3 / width;

function isOther(before: Look, after: Look, x: number, y: number): boolean {
  return [0, 1, 2].some((colour) => {
    const [a, b] = [before, after].map(({ width, colours }) =>
      x < width ? colours[3 * (y * width + x) + colour] : undefined,
    );
    return a === undefined || b === undefined ? a !== b : Math.abs(a - b) > MOST_STEPS;
  });
}

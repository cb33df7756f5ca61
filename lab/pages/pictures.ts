import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { root } from '../bench/lib/context.ts';
import { makeOperatorPicture } from './operator.ts';
import { type Scene, SCENES, show } from './scenes.ts';
import type { Stage } from './stage.ts';

const FOLDER = join(root, 'docs', 'images');
const QUALITY = 72;
const MOST_HEIGHT = 1100;

export interface Look {
  scene: string;
  width: number;
  colorScheme: 'light' | 'dark';
  language: 'ko' | 'en';
  /** Of the picture: smaller than the window, so that files stay small. */
  scale?: number;
}

const sceneOf = (name: string): Scene => {
  const found = SCENES.find((scene) => scene.name === name);
  if (found === undefined) throw new Error(`There is no scene ${name}.`);
  return found;
};

/** As tall as what there is to see, so that what sticks to the bottom of the window stands where it belongs. */
export async function fit(page: Page, width: number): Promise<void> {
  const height = await page.evaluate<number>('document.querySelector("main").getBoundingClientRect().bottom');
  await page.setViewportSize({ width, height: Math.min(MOST_HEIGHT, Math.max(560, Math.ceil(height))) });
}

async function shot(stage: Stage, look: Look): Promise<string> {
  const options: BrowserContextOptions = {
    viewport: { width: look.width, height: 800 },
    colorScheme: look.colorScheme,
    timezoneId: 'Asia/Seoul',
    locale: look.language === 'ko' ? 'ko-KR' : 'en-GB',
    serviceWorkers: 'block',
    reducedMotion: 'reduce',
  };
  const context = await stage.browser.newContext(options);
  const page = await context.newPage();
  await show(page, stage.url, sceneOf(look.scene), look.language);
  await fit(page, look.width);
  const picture = (await page.screenshot()).toString('base64');
  await context.close();
  return picture;
}

const SHEET_STYLE = `
  body { margin: 0; padding: 20px; display: flex; flex-wrap: wrap; gap: 20px; align-items: flex-start; background: #dfe1e6;
         width: max-content; max-width: 1240px; }
  figure { margin: 0; }
  figcaption { font: 500 13px/1.6 system-ui, sans-serif; color: #3a4150; }
  img { display: block; border-radius: 12px; box-shadow: 0 1px 2px #0002, 0 8px 24px -12px #0006; }`;

/** Several looks as one picture, each with its name below. */
async function sheet(stage: Stage, name: string, looks: Look[], isNamed: boolean): Promise<void> {
  const figures: string[] = [];
  for (const look of looks) {
    const data = await shot(stage, look);
    const width = Math.round(look.width * (look.scale ?? 1));
    const caption = isNamed ? `<figcaption>${look.scene}</figcaption>` : '';
    figures.push(`<figure><img width="${width}" src="data:image/png;base64,${data}">${caption}</figure>`);
  }
  const page = await stage.browser.newPage({ viewport: { width: 1240, height: 400 } });
  await page.setContent(`<style>${SHEET_STYLE}</style>${figures.join('')}`);
  const { width, height } = await page.evaluate<{ width: number; height: number }>(
    '(({ width, height }) => ({ width, height }))(document.body.getBoundingClientRect())',
  );
  await page.setViewportSize({ width: Math.ceil(width), height: Math.ceil(height) });
  await save(page, name);
  await page.close();
}

/** Writes what the page shows, and says how much of it is another than before. */
export async function save(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  const file = join(FOLDER, `${name}.webp`);
  const before = existsSync(file) ? readFileSync(file).toString('base64') : undefined;
  writeFileSync(file, Buffer.from(data, 'base64'));
  const changed =
    before === undefined ? 'new' : `${(100 * (await differenceOf(page, before, data))).toFixed(2)} % differs`;
  const kB = (Buffer.byteLength(data, 'base64') / 1000).toFixed(0);
  process.stdout.write(`docs/images/${name}.webp  ${kB} kB  ${changed}\n`);
}

/** Less is the compression's. */
const VISIBLE = 48;

/** Share of the pixels of which a colour differs visibly; 1 for pictures of different size. */
function differenceOf(page: Page, before: string, after: string): Promise<number> {
  return page.evaluate<number>(`(async () => {
    const pixels = async (data) => {
      const image = new Image();
      image.src = 'data:image/webp;base64,' + data;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height);
    };
    const [a, b] = [await pixels('${before}'), await pixels('${after}')];
    if (a.width !== b.width || a.height !== b.height) return 1;
    let different = 0;
    for (let i = 0; i < a.data.length; i += 4)
      if ([0, 1, 2].some((c) => Math.abs(a.data[i + c] - b.data[i + c]) > ${VISIBLE})) different++;
    return (4 * different) / a.data.length;
  })()`);
}

const BUYER: Look[] = [
  { scene: 'waiting', width: 390, colorScheme: 'light', language: 'ko', scale: 0.75 },
  { scene: 'seats', width: 900, colorScheme: 'light', language: 'en', scale: 0.6 },
  { scene: 'ticket', width: 390, colorScheme: 'dark', language: 'ko', scale: 0.75 },
];

/** Every state at each width, light and dark. */
export const WIDTHS = [
  { width: 360, scale: 0.5 },
  { width: 768, scale: 0.3 },
  { width: 1280, scale: 0.22 },
];
export const COLOURS = [
  { colorScheme: 'light', language: 'ko' },
  { colorScheme: 'dark', language: 'en' },
] as const;

export async function makePictures(stage: Stage): Promise<void> {
  await makeOperatorPicture(stage);
  await sheet(stage, 'buyer', BUYER, false);
  for (const size of WIDTHS)
    for (const colours of COLOURS) {
      const looks = SCENES.map(({ name }) => ({ ...size, ...colours, scene: name }));
      await sheet(stage, `states-${size.width}-${colours.colorScheme}`, looks, true);
    }
}

import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../browser.ts';
import { root } from '../../bench/lib/context.ts';
import { COLOURS, fit, WIDTHS } from '../pictures.ts';
import { type Scene, SCENES, show } from '../scenes.ts';
import { differenceOf, type KeptLook, lookOf, pack, unpack } from './cells.ts';
import { blockFont } from './font.ts';
import { servePages } from './server.ts';

const KEPT = join(root, 'lab', 'pages', 'looks', 'kept.json');
/** Of the cells of a look: a browser of another version may round another edge. */
const MOST_SHARE = 0.005;

type Looks = Record<string, KeptLook>;

const FONT = `
  @font-face { font-family: blocks; src: url(data:font/ttf;base64,${blockFont().toString('base64')}); }
  *, ::before { font-family: blocks !important; }`;

/** A state at every width: it is loaded once a language and colour. */
async function looksOf(
  browser: Browser,
  url: string,
  scene: Scene,
  each: (name: string, page: Page) => Promise<void>,
): Promise<void> {
  for (const { colorScheme, language } of COLOURS) {
    const context = await browser.newContext({
      colorScheme,
      timezoneId: 'Asia/Seoul',
      locale: language === 'ko' ? 'ko-KR' : 'en-GB',
      serviceWorkers: 'block',
      reducedMotion: 'reduce',
      bypassCSP: true, // for the font
    });
    const page = await context.newPage();
    await show(page, url, scene, language);
    await page.addStyleTag({ content: FONT });
    await page.evaluate('document.fonts.load("16px blocks")');
    for (const { width } of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await fit(page, width);
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))'); // laid out
      await each(`${scene.name} ${width} ${colorScheme} ${language}`, page);
    }
    await context.close();
  }
}

/** Says what differs. @returns whether it is more than may be */
async function isChanged(
  name: string,
  page: Page,
  kept: KeptLook | undefined,
  now: KeptLook,
): Promise<boolean> {
  const difference = kept && differenceOf(unpack(kept), unpack(now));
  if (kept !== undefined && (difference?.share ?? 0) <= MOST_SHARE) return false;
  const file = join(picturesFolder(), `${name.replaceAll(' ', '-')}.png`);
  writeFileSync(file, await page.screenshot());
  const [left, top, right, bottom] = difference?.box ?? [0, 0, 0, 0];
  const what =
    difference === undefined
      ? 'is not kept'
      : `${(100 * difference.share).toFixed(1)} % differs, from ${left},${top} to ${right},${bottom}`;
  process.stdout.write(`${name}: ${what}; ${file}\n`);
  return true;
}

let folder: string | undefined;
function picturesFolder(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'concert-looks-'));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Compares how every state looks with what is kept; UPDATE_GOLDEN=1 keeps it instead.
 * @returns whether all look as they did
 */
export async function compareLooks(): Promise<boolean> {
  const kept = existsSync(KEPT) ? (JSON.parse(readFileSync(KEPT, 'utf8')) as Looks) : {};
  const server = await servePages();
  const browser = await launchBrowser();
  const helper = await browser.newPage();
  const looks: Looks = {};
  const changed: string[] = [];
  for (const scene of SCENES)
    await looksOf(browser, server.url, scene, async (name, page) => {
      const now = pack(await lookOf(page, helper));
      looks[name] = now;
      if (process.env.UPDATE_GOLDEN !== '1' && (await isChanged(name, page, kept[name], now)))
        changed.push(name);
    });
  await browser.close();
  server.close();
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(KEPT, `${JSON.stringify(looks, undefined, 2)}\n`);
  process.stdout.write(`${Object.keys(looks).length} looks, ${changed.length} of them changed\n`);
  return changed.length === 0;
}

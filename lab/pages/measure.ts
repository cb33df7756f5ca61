import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import type { Stage } from './stage.ts';

/** A mean phone against this machine, as Lighthouse has it or worse; the network is WebPageTest's "4G". */
const CPU_SLOWDOWN = 6;
const NETWORK = { offline: false, latency: 170, downloadThroughput: 9e6 / 8, uploadThroughput: 9e6 / 8 };

/** What one round has measured, milliseconds; `shift` is the layout shift score. */
export type Round = Record<string, number>;

export interface Measure {
  name: string;
  unit: 'ms' | '';
  atMost?: number;
}

/** The limits are those of the product's goals; a page without anything shows what is the browser's own. */
export const MEASURES: Measure[] = [
  { name: 'empty page: first paint', unit: 'ms' },
  { name: 'sign-in: first paint', unit: 'ms', atMost: 1000 },
  { name: 'sign-in: interactive', unit: 'ms', atMost: 1500 },
  { name: 'waiting: first paint', unit: 'ms', atMost: 1000 },
  { name: 'waiting: interactive', unit: 'ms', atMost: 1500 },
  { name: 'waiting: layout shift in 10 s', unit: '', atMost: 0 },
  { name: 'admitted: dates shown', unit: 'ms' },
  { name: 'admitted: map of 1,000 seats usable', unit: 'ms', atMost: 1000 },
  { name: 'admitted: layout shift', unit: '', atMost: 0 },
];

/**
 * Notes when something is seen first: painted, and the page has done another task since, so that it would answer a key.
 * As text, because the page knows names that this program does not.
 */
const WATCH = `{
  const seen = (globalThis.seen = { shift: 0 });
  const note = (name) => {
    if (name in seen) return;
    seen[name] = -1;
    requestAnimationFrame(() => setTimeout(() => (seen[name] = performance.now())));
  };
  new MutationObserver(() => {
    if (document.querySelector('[data-screen]')) note('screen');
    if (document.querySelector('[data-position]')) note('position');
    if (document.querySelector('[data-screen=admitted], [data-screen=concerts]')) note('admitted');
    if (document.querySelector('.choices button')) note('dates');
    if (document.querySelectorAll('[role=gridcell]').length >= 1000) note('map');
  }).observe(document, { subtree: true, childList: true });
  addEventListener('click', () => (seen.pressed = performance.now()), true);
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') seen.paint = startTime;
  }).observe({ type: 'paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) seen.shift += value;
  }).observe({ type: 'layout-shift', buffered: true });
}`;

const PATIENCE_MS = 120_000;
const WAIT_MS = 10_000;

async function slowPage(stage: Stage, kept?: object): Promise<Page> {
  const context = await stage.browser.newContext({
    viewport: { width: 390, height: 800 },
    serviceWorkers: 'block', // each load is a first one
    locale: 'ko-KR',
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  if (kept !== undefined)
    await page.addInitScript((place) => localStorage.setItem('concert.place', JSON.stringify(place)), kept);
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', NETWORK);
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  return page;
}

/** Waits until all of these have been noted. */
async function seenOn(page: Page, ...names: string[]): Promise<Round> {
  await page.waitForFunction((wanted) => {
    const { seen } = globalThis as unknown as { seen: Round };
    return wanted.every((name) => (seen[name] ?? -1) >= 0);
  }, names);
  return page.evaluate<Round>('seen');
}

const valueOf = (seen: Round, name: string): number => seen[name] ?? NaN;

async function signIn(stage: Stage): Promise<Round> {
  const page = await slowPage(stage);
  await page.goto(stage.url);
  const seen = await seenOn(page, 'paint', 'screen');
  await page.context().close();
  return { 'sign-in: first paint': valueOf(seen, 'paint'), 'sign-in: interactive': valueOf(seen, 'screen') };
}

async function waiting(stage: Stage, userId: number): Promise<Round> {
  const [token] = await stage.enter(userId, 1, stage.stillQueueId);
  const page = await slowPage(stage, { token, userId, phase: 'waiting' });
  await page.goto(`${stage.url}/?queue=${stage.stillQueueId}`);
  await seenOn(page, 'paint', 'screen', 'position');
  await page.waitForTimeout(WAIT_MS); // what has moved until then is counted
  const seen = await seenOn(page);
  await page.context().close();
  return {
    'waiting: first paint': valueOf(seen, 'paint'),
    'waiting: interactive': valueOf(seen, 'screen'),
    'waiting: layout shift in 10 s': valueOf(seen, 'shift'),
  };
}

/** From the moment in which the page sees the admission; the time that the user takes to choose a date is left out. */
async function admitted(stage: Stage, userId: number, concert: string): Promise<Round> {
  const page = await slowPage(stage);
  await page.goto(stage.url);
  await seenOn(page, 'screen');
  await page.fill('#user', String(userId));
  await page.press('#user', 'Enter');
  await seenOn(page, 'admitted', 'dates');
  await page.click(`.choices button:has-text("${concert}")`);
  const seen = await seenOn(page, 'map');
  await page.context().close();
  const dates = valueOf(seen, 'dates') - valueOf(seen, 'admitted');
  return {
    'admitted: dates shown': dates,
    'admitted: map of 1,000 seats usable': dates + valueOf(seen, 'map') - valueOf(seen, 'pressed'),
    'admitted: layout shift': valueOf(seen, 'shift'),
  };
}

async function emptyPage(stage: Stage): Promise<Round> {
  const server = createServer((_req, res) => {
    res.setHeader('Content-Type', 'text/html; charset=utf-8');
    res.end('<!doctype html><title>empty</title><p>empty</p>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await slowPage(stage);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const seen = await seenOn(page, 'paint');
  await page.context().close();
  server.closeAllConnections();
  server.close();
  return { 'empty page: first paint': valueOf(seen, 'paint') };
}

/** @param round from 0 on: each has its own users @param concert has 1,000 seats */
export async function measureRound(stage: Stage, round: number, concert: string): Promise<Round> {
  return {
    ...(await emptyPage(stage)),
    ...(await signIn(stage)),
    ...(await waiting(stage, 100 + round)),
    ...(await admitted(stage, 200 + round, concert)),
  };
}

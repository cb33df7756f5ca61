import type { Page, Route } from 'playwright-core';
import type { QueueStatus } from '../../web/shared/api/types';
import { AVAILABILITY, LAYOUT, NOW_MS, orderUntil, placeIn, SCHEDULES, STATUS } from './answers.ts';

/** What a user can see, with answers that are always the same. */
export interface Scene {
  name: string;
  /** What the browser has kept, by name. */
  kept: Record<string, unknown>;
  status?: Partial<QueueStatus>;
  isOffline?: true;
  /** What is there once the page has heard its answers; otherwise the screen of the scene's name. */
  ready?: string;
  /** From the page as it is loaded to the scene. */
  go?: (page: Page) => Promise<void>;
}

const inLine = { 'concert.place': placeIn('waiting') };
const inside = { 'concert.place': placeIn('active') };
const opening = { opensAt: '2026-12-01T20:15:00+09:00' } as const;
const order = orderUntil(NOW_MS + 272_000);

const toSeats = async (page: Page): Promise<void> => {
  await page.click('.choices button >> nth=0');
  await page.waitForSelector('[role=gridcell].free');
};

export const SCENES: Scene[] = [
  { name: 'sign-in', kept: {} },
  { name: 'not-open', kept: inLine, status: { state: 'NOT_OPEN', ...opening } },
  { name: 'draw', kept: inLine, status: { state: 'NOT_OPEN', mode: 'draw', ...opening } },
  {
    name: 'waiting',
    kept: inLine,
    status: {
      notice: {
        ko: '음향 점검으로 입장이 잠시 느립니다.',
        en: 'A sound check slows admission down for a moment.',
      },
    },
  },
  { name: 'paused', kept: inLine, status: { state: 'PAUSED' } },
  { name: 'rejoined', kept: { 'concert.place': placeIn('rejoined') } },
  { name: 'waitlist', kept: inLine, status: { state: 'WAITLIST' } },
  { name: 'sold-out', kept: inLine, status: { state: 'SOLD_OUT', left: null } },
  { name: 'closed', kept: inLine, status: { state: 'CLOSED', left: null } },
  {
    name: 'offline',
    kept: { ...inLine, 'concert.status': { status: STATUS, atMs: NOW_MS - 42_000 } },
    isOffline: true,
    ready: '.offline button',
  },
  { name: 'expired', kept: { 'concert.place': placeIn('expired') } },
  { name: 'dates', kept: inside, ready: '.choices button' },
  {
    name: 'seats',
    kept: inside,
    ready: '.choices button',
    go: async (page) => {
      await toSeats(page);
      for (const seat of [0, 1]) await page.click(`[role=gridcell].free:not(.chosen) >> nth=${40 + seat}`);
    },
  },
  {
    name: 'seat-list',
    kept: inside,
    ready: '.choices button',
    go: async (page) => {
      await toSeats(page);
      await page.click('.toolbar button >> nth=1');
      await page.click('details >> nth=2');
    },
  },
  { name: 'order', kept: { ...inside, 'concert.order': order }, ready: 'dd:has-text("1,000,000")' },
  { name: 'hold-ended', kept: { ...inside, 'concert.order': orderUntil(NOW_MS - 1000) } },
  {
    name: 'ticket',
    kept: {
      'concert.place': placeIn('done'),
      'concert.tickets': [{ id: 48_213, userId: 7, paid: 360_000, order }],
    },
  },
];

/** Of those whose turn has come. */
const CHECKED = {
  queuePosition: 1,
  etaSeconds: 0,
  pollAfterMs: 10_000,
  seq: 1,
  queueState: 'OPEN',
  opensAt: null,
};

function answerTo(path: string, { name, status }: Scene): unknown {
  if (path.endsWith('/status')) return { ...STATUS, ...status };
  if (path.endsWith('/schedule')) return SCHEDULES;
  if (path.endsWith('/layout')) return LAYOUT;
  if (path.endsWith('/availability')) return { layoutVersion: LAYOUT.version, seats: AVAILABILITY };
  if (path.endsWith('/amount')) return { amount: 1_000_000 };
  if (path.endsWith('/check')) return { ...CHECKED, status: name === 'rejoined' ? 'WAITING' : 'PROGRESS' };
  return {};
}

/** Opens a scene on a page that has shown nothing yet. */
export async function show(page: Page, url: string, scene: Scene, language: string): Promise<void> {
  await page.clock.setFixedTime(NOW_MS);
  const kept = { ...scene.kept, 'concert.language': language };
  await page.addInitScript((items) => {
    for (const [name, value] of Object.entries(items)) localStorage.setItem(name, JSON.stringify(value));
  }, kept);
  await page.route('**/v1/api/**', (route: Route) => {
    if (scene.isOffline) return route.abort();
    const data = answerTo(new URL(route.request().url()).pathname, scene);
    return route.fulfill({ json: { resultType: 'SUCCESS', data, exception: null } });
  });
  await page.goto(`${url}/`);
  await page.waitForSelector(scene.ready ?? `[data-screen="${scene.name}"]`);
  await scene.go?.(page);
}

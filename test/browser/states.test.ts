import { BoardStore } from '../../src/modules/waiting-room/status/board-store';
import type { SaleFacts } from '../../src/modules/waiting-room/status/schema';
import { WaitingRoomRegistry } from '../../src/modules/waiting-room/registry';
import { useService } from '../support/suite';
import { givenOperator, inDays, OrganizerClient } from '../support/rows/organizer';
import { layoutFaults } from './layout';
import { axe, describeInBrowser, enter, join, overflowOf, queueName, screen, useBrowser } from './support';

const STATES: {
  name: string;
  sale: SaleFacts;
  isPaused?: true;
  isDraw?: true;
  text: Record<'ko' | 'en', RegExp>;
}[] = [
  {
    name: 'not-open',
    sale: { state: 'NOT_OPEN', opensAt: '2099-01-01T20:00:00+09:00' },
    text: { ko: /아직 판매가 시작되지/, en: /has not opened yet/ },
  },
  {
    name: 'draw',
    sale: {},
    isDraw: true,
    text: { ko: /추첨/, en: /registered for the draw/ },
  },
  { name: 'paused', sale: {}, isPaused: true, text: { ko: /잠시 멈췄습니다/, en: /Admission is paused/ } },
  {
    name: 'waitlist',
    sale: { state: 'WAITLIST', left: [{ name: 'R', amount: 100, seats: 0 }] },
    text: { ko: /예비 대기/, en: /Waiting list/ },
  },
  { name: 'sold-out', sale: { state: 'SOLD_OUT' }, text: { ko: /매진/, en: /Sold out/ } },
  { name: 'closed', sale: { state: 'CLOSED' }, text: { ko: /판매가 끝났습니다/, en: /sale is closed/ } },
  {
    name: 'waiting',
    sale: {
      left: [{ name: 'VIP', amount: 200_000, seats: 12 }],
      chances: { likelyUpTo: 0, possibleUpTo: 9 },
      countedAtMs: 1,
    },
    text: { ko: /순서를 기다리는/, en: /You are in line/ },
  },
];
const QUEUES = STATES.map(() => queueName());

describeInBrowser('what the page shows of the sale', () => {
  const app = useService({
    MANAGEMENT_PORT: 0,
    QUEUES: QUEUES.map((id) => `${id}=1`).join(','),
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 3600,
  });
  const browser = useBrowser();

  /** The operator has set that the order will be drawn. */
  const setDraw = async (queue: string): Promise<void> => {
    const { key } = await givenOperator(app.admin, 'admin');
    const operator = new OrganizerClient(app.managementUrl, key);
    const opening = { opensAt: inDays(1), mode: 'draw' };
    const set = await operator.send('put', `queues/${queue}/opening`, opening, { 'If-Match': '"0"' });
    expect(set.status).toBe(200);
  };

  beforeAll(async () => {
    const { container } = app.service;
    const boards = container.resolve(BoardStore);
    for (const [i, { sale, isPaused, isDraw }] of STATES.entries()) {
      const queue = QUEUES[i] ?? '';
      await enter(app.url, queue, await app.given.user());
      await boards.writeSale(queue, sale, 3_600_000);
      await boards.writeNotice(queue, { ko: '곧 다시 시작합니다', en: 'We go on soon' });
      if (isPaused) await container.resolve(WaitingRoomRegistry).find(queue)?.applyOverride('pause', 0);
      if (isDraw) await setDraw(queue);
    }
  });

  // One page of each browser shows all states, because a new one costs as much as the rest.
  it.each([
    ['ko-KR', 'light'],
    ['en-GB', 'dark'],
  ] as const)('has no fault in any state, in %s, %s, down to 320 pixels', async (locale, colorScheme) => {
    const viewport = { width: 320, height: 700 };
    const watched = await browser.open({ locale, colorScheme, viewport, serviceWorkers: 'block' });
    const { page, context, faults } = watched;
    await context.addInitScript('localStorage.clear()'); // what the page of the state before has kept
    const language = locale === 'ko-KR' ? 'ko' : 'en';
    for (const [i, { name, text }] of STATES.entries()) {
      await join(page, app.url, QUEUES[i] ?? '', await app.given.user());
      await screen(page, name);
      await page.waitForSelector(`.notice:has-text("${language === 'ko' ? '곧' : 'soon'}")`);
      expect(await page.textContent('h1')).toMatch(text[language]);
      const found = {
        overflow: await overflowOf(page),
        axe: await axe(page),
        layout: await layoutFaults(page),
      };
      expect({ name, ...found }).toEqual({ name, overflow: 0, axe: [], layout: [] });
      // Every state has one thing to do next.
      expect({ name, next: await page.locator('main button.primary').count() }).toEqual({ name, next: 1 });
    }
    expect(faults).toEqual([]);
  });
});

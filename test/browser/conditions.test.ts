import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { audit, type Receipt } from '../../lab/audit/audit';
import { sourceOf } from '../../lab/audit/log/source';
import type { Database } from '../../src/platform/database/database';
import { BoardStore } from '../../src/modules/waiting-room/status/board-store';
import { WaitingRoomRegistry } from '../../src/modules/waiting-room/registry';
import { testConfig } from '../support/config';
import { Given, openAdminDatabase } from '../support/rows/given';
import { startTestService } from '../support/service';
import { proxied, type TcpProxy } from '../support/servers/tcp-proxy';
import { until } from '../support/wait';
import {
  axe,
  concertOf,
  describeInBrowser,
  enter,
  join,
  overflowOf,
  positionOn,
  queueName,
  screen,
  useBrowser,
} from './support';

const PRICE = 40_000;
const [DEVICES, CLOCK, AWAY, LOG] = [queueName(), queueName(), queueName(), queueName()];

describeInBrowser('a buyer’s page on a bad day', () => {
  let admin: Database;
  let given: Given;
  let database: TcpProxy;
  let service: Awaited<ReturnType<typeof startTestService>>;
  const browser = useBrowser();

  beforeAll(async () => {
    admin = openAdminDatabase();
    given = new Given(admin);
    const { proxy, url } = await proxied(testConfig().DATABASE_URL);
    database = proxy;
    service = await startTestService({
      QUEUES: [DEVICES, CLOCK, AWAY, LOG].map((id) => `${id}=1`).join(','),
      QUEUE_PRESENCE_TIMEOUT_SECONDS: 3600,
      DATABASE_URL: url,
    });
  });
  afterAll(async () => {
    await service.stop();
    await database.cut();
    await admin.close();
  });

  it('shows the same place on a second device of the same user', async () => {
    await enter(service.url, DEVICES, await given.user());
    await enter(service.url, DEVICES, await given.user());
    const user = await given.user();
    const phone = await browser.open();
    await join(phone.page, service.url, DEVICES, user);
    await phone.page.waitForSelector('[data-position="2"]');
    await enter(service.url, DEVICES, await given.user()); // behind, as the second device would be without its place
    const laptop = await browser.open();
    await join(laptop.page, service.url, DEVICES, user);
    await laptop.page.waitForSelector('[data-position="2"]');
    expect(await laptop.page.evaluate(TOKEN)).toBe(await phone.page.evaluate(TOKEN));
    expect([...phone.faults, ...laptop.faults]).toEqual([]);
  });

  it('counts down by the server’s time on a device that is an hour ahead, and goes on when that is corrected', async () => {
    const board = service.container.resolve(BoardStore);
    const opensAt = new Date(Date.now() + 2 * HOUR_MS).toISOString();
    await board.writeSale(CLOCK, { state: 'NOT_OPEN', opensAt }, HOUR_MS);
    await enter(service.url, CLOCK, await given.user());
    const { page, context, faults } = await browser.open({ serviceWorkers: 'block' });
    await context.addInitScript(HOUR_AHEAD);
    await join(page, service.url, CLOCK, await given.user());
    await screen(page, 'not-open');
    // An hour less if it were by the device; the machine would have to sleep for half an hour to be wrong.
    const isRight = async (): Promise<boolean> =>
      /^(2:00|1:[345]\d):\d\d$/.test((await page.textContent('[role=timer]')) ?? '');
    expect(await isRight()).toBe(true);
    await page.evaluate('globalThis.shiftMs = 0');
    await until('a status is heard after the correction', () => page.evaluate<boolean>(HEARD_LATELY));
    await until('the countdown is right again', isRight);
    await board.writeSale(CLOCK, {}, HOUR_MS);
    await page.waitForSelector('[data-position="1"]');
    expect(faults).toEqual([]);
  });

  it('waits, is admitted and pays once though MariaDB is away meanwhile', async () => {
    const { title, id } = await concertOf({ admin, given }, AWAY, 2, PRICE);
    await enter(service.url, AWAY, await given.user());
    const user = await given.user(PRICE);
    const { page, faults } = await browser.open({ serviceWorkers: 'block' });
    await join(page, service.url, AWAY, user);
    await page.waitForSelector('[data-position="1"]');
    await database.cut();
    const statuses = { count: 0 };
    page.on('response', (response) => {
      if (response.url().endsWith('/status') && response.ok()) statuses.count++;
    });
    await until('two statuses while MariaDB is away', () => statuses.count >= 2);
    expect([await positionOn(page), await page.locator('.offline').count()]).toEqual([1, 0]);
    const room = service.container.resolve(WaitingRoomRegistry).find(AWAY);
    await room?.applyOverride('limit', 2);
    await screen(page, 'concerts');

    await database.open();
    await page.waitForSelector('.choices button, main button.primary');
    await until('the dates are back', async () => {
      if ((await page.locator('.choices button').count()) > 0) return true;
      await page.click('main button.primary', { timeout: 1000 }).catch(() => undefined);
      return false;
    });
    await page.click(`.choices button:has-text("${title}")`);
    await page.click('[role=gridcell].free >> nth=0');
    await page.click('.checkout .primary');
    await screen(page, 'order');
    await page.waitForSelector('.primary:has-text("Pay")');
    await database.cut();
    await page.click('.primary:has-text("Pay")');
    await page.waitForSelector('.primary:has-text("Checking")');
    await database.open();
    await screen(page, 'ticket');
    const [row] = await admin.query<{ payments: number; sold: number }>(
      `SELECT (SELECT COUNT(*) FROM payment WHERE user_id = ?) AS payments,
              (SELECT COUNT(*) FROM reservation WHERE schedule_id = ? AND status = 'RESERVED') AS sold`,
      [user, id],
    );
    expect(row).toEqual({ payments: 1, sold: 1 });
    expect(faults).toEqual([]);
  });

  it('proves to a user that the public log has the entry, and says when a file of the log was tampered with', async () => {
    const { page, faults } = await browser.open({ serviceWorkers: 'block', acceptDownloads: true });
    await join(page, service.url, LOG, await given.user());
    await screen(page, 'concerts');
    await until('the log has the entry', async () => (await verdictOn(page)) === 'included');
    expect([await overflowOf(page), await axe(page)]).toEqual([0, []]);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.click('.receipt [role=status] button'),
    ]);
    const receipt = JSON.parse(readFileSync(await download.path(), 'utf8')) as Receipt & { key: string };
    const read = sourceOf(`${service.url}/v1/api/transparency/${LOG}`);
    const audited = await audit(read, { key: receipt.key, seen: [], receipts: [receipt] });
    expect([audited.consistent, audited.contradictions]).toEqual([1, []]);
    expect(download.suggestedFilename()).toBe(`receipt-${LOG}-1.json`);

    await page.route('**/tile/0/**', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: Buffer.alloc((await answer.body()).length) });
    });
    expect(await verdictOn(page)).toBe('tampered');
    expect(faults).toEqual([]);
  });
});

/** Presses the button that checks the entry in the public log. @returns what the page then says of it */
async function verdictOn(page: Page): Promise<string | null> {
  const [answer] = await Promise.all([
    page.waitForResponse(/\/checkpoint$/),
    page.click('.receipt > button:not([aria-disabled=true])'),
  ]);
  await answer.finished();
  await page.waitForSelector('.receipt > button[aria-disabled=false]');
  return page.getAttribute('[data-verdict]', 'data-verdict');
}

const HOUR_MS = 3_600_000;
/** What pages are asked and changed by, as text: they know names that this program does not. */
const TOKEN = `JSON.parse(localStorage.getItem('concert.place')).token`;
const HEARD_LATELY = `JSON.parse(localStorage.getItem('concert.status')).atMs <= Date.now()`;
const HOUR_AHEAD = `{
  const Real = Date;
  globalThis.shiftMs = ${HOUR_MS};
  globalThis.Date = class extends Real {
    constructor(...given) {
      if (given.length === 0) super(Real.now() + globalThis.shiftMs);
      else super(...given);
    }
    static now() {
      return Real.now() + globalThis.shiftMs;
    }
  };
}`;

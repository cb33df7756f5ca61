import { testConfig, uniqueQueueId } from '../../support/config';
import { dataOf, inDays, type OrganizerClient } from '../../support/rows/organizer';
import { startTestService } from '../../support/service';
import { useService } from '../../support/suite';
import { proxied } from '../../support/servers/tcp-proxy';
import { until, wait } from '../../support/wait';
import { axe, describeInBrowser, enter, overflowOf, useBrowser } from '../support';
import { choose, figure, inAudit, OperatorPages, signIn, tabTo } from './support';

/** Each test has its queue. */
const [LIVE, ACTS, CONFLICT, KEYS] = [uniqueQueueId(), uniqueQueueId(), uniqueQueueId(), uniqueQueueId()];

describeInBrowser('the operator’s page', () => {
  const app = useService({
    MANAGEMENT_PORT: 0,
    QUEUES: [LIVE, ACTS, CONFLICT, KEYS].map((id) => `${id}=3`).join(','),
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 3600,
  });
  const browser = useBrowser();
  const pages = new OperatorPages(app, browser);
  let viewer: OrganizerClient;
  beforeAll(async () => {
    viewer = await app.operator('viewer');
  });
  const audited = async (queueId: string): Promise<{ act: string; reason: string | null }[]> =>
    dataOf(await viewer.get(`audit?subject=queue:${queueId}`));

  it('refuses a wrong key, keeps a right one out of URLs and other tabs, and forgets it at once', async () => {
    const { page, context, faults } = await browser.open();
    const [key, urls] = [await pages.keyOf('viewer'), [] as string[]];
    page.on('request', (request) => urls.push(request.url()));
    await page.goto(`${app.managementUrl}/operator`);
    expect(await axe(page)).toEqual([]);
    await page.fill('#key', 'op_wrong');
    await page.press('#key', 'Enter');
    await page.waitForSelector('.problem:has-text("not known")');
    await signIn(page, app.managementUrl, key);
    await page.reload();
    await page.waitForSelector('[data-figure="waiting"]');
    const other = await context.newPage();
    await other.goto(`${app.managementUrl}/operator`);
    await other.waitForSelector('#key');
    await page.click('button:has-text("Sign out")');
    await page.waitForSelector('#key');
    await page.reload();
    await page.waitForSelector('#key');
    expect(urls.filter((each) => each.includes(key))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('shows the line as it changes, in both languages, light and dark, down to 320 pixels', async () => {
    const admin = await app.operator('admin');
    const { title } = await admin.published({ rows: 1, seatsPerRow: 4, price: 700 });
    await app.admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [LIVE, title]);
    for (let i = 0; i < 5; i++) await enter(app.url, LIVE, await app.given.user());
    for (const [locale, colorScheme, width] of [
      ['ko-KR', 'light', 320],
      ['en-GB', 'dark', 1280],
    ] as const) {
      const { page, faults } = await pages.openAs('admin', LIVE, {
        locale,
        colorScheme,
        viewport: { width, height: 800 },
      });
      await figure(page, 'waiting', '2');
      await figure(page, 'active', '3');
      await page.waitForSelector('[data-class="R"]');
      await page.waitForSelector(`[data-schedule]:has-text("${title}")`);
      await page.waitForSelector('[data-panel="processes"] tbody tr');
      await page.waitForSelector('[data-chart="waiting"] canvas');
      expect([await overflowOf(page), await axe(page)]).toEqual([0, []]);
      expect(faults).toEqual([]);
      await page.close();
    }
    const { page } = await pages.openAs('viewer', LIVE);
    await enter(app.url, LIVE, await app.given.user());
    await figure(page, 'waiting', '3');
  });

  it('pauses with one press, resumes, sets a limit with a reason, and tells all who wait something', async () => {
    const { page, faults } = await pages.openAs('operator', ACTS);
    await page.click('button.pause');
    await page.waitForSelector('[data-state="PAUSED"]');
    expect(await page.title()).toMatch(/^⏸/);
    expect(await axe(page)).toEqual([]);
    await page.click('button.resume');
    await page.waitForSelector('[data-state="OPEN"]');

    await page.click('button:has-text("Set limit")');
    await page.fill('#value', '0');
    await page.fill('#reason', 'more seats are free');
    await page.press('#reason', 'Enter');
    await page.waitForSelector('dialog .problem:has-text("from 1 on")');
    expect(await axe(page)).toEqual([]);
    await page.fill('#value', '40');
    await page.fill('#reason', '');
    await page.press('#reason', 'Enter');
    await page.waitForSelector('dialog .problem:has-text("why")');
    await page.fill('#reason', 'more seats are free');
    await page.press('#reason', 'Enter');
    await page.waitForSelector('dialog', { state: 'detached' });
    await figure(page, 'active', 'of at most 40');
    await inAudit(page, '[data-act="queue.admission"]:has-text("more seats are free")');

    await page.click('button:has-text("Message to all")');
    await page.fill('#ko', '곧 갑니다');
    await page.fill('#en', 'Soon');
    await page.fill('#reason', 'they ask');
    await page.press('#reason', 'Enter');
    await page.waitForSelector('dialog', { state: 'detached' });
    await until('the status of the queue says it', async () => {
      const answer = await fetch(`${app.url}/v1/api/queues/${ACTS}/status`);
      const { data } = (await answer.json()) as { data: { notice: { en: string } | null } };
      return data.notice?.en === 'Soon';
    });
    await until('the audit has it', async () => (await audited(ACTS))[0]?.act === 'queue.notice');
    expect(await audited(ACTS)).toMatchObject([
      { act: 'queue.notice', reason: 'they ask' },
      { act: 'queue.admission', reason: 'more seats are free' },
      { act: 'queue.admission', reason: 'Resumed by one press' },
      { act: 'queue.admission', reason: 'Paused by one press' },
    ]);
    expect(faults).toEqual([]);
  });

  it('tells the second of two operators that the first was quicker, and lets them decide again', async () => {
    const { page } = await pages.openAs('operator', CONFLICT);
    await page.click('button:has-text("Set limit")');
    await page.fill('#value', '50');
    await page.fill('#reason', 'mine');
    const other = await pages.openAs('operator', CONFLICT);
    await other.page.click('button:has-text("Set limit")');
    await other.page.fill('#value', '60');
    await other.page.fill('#reason', 'theirs');
    await other.page.press('#reason', 'Enter');
    await figure(page, 'active', 'of at most 60');
    await page.press('#reason', 'Enter');
    await page.waitForSelector('dialog .problem:has-text("Somebody else")');
    await figure(page, 'active', 'of at most 60');
    expect(await axe(page)).toEqual([]);
    await page.press('#reason', 'Enter');
    await page.waitForSelector('dialog', { state: 'detached' });
    await figure(page, 'active', 'of at most 50');
  });

  it('lets a viewer look and not act, on the page as in the API', async () => {
    const { page } = await pages.openAs('viewer', ACTS);
    expect(await page.locator('button.pause, button.resume, button.danger').count()).toBe(0);
    for (const button of await page.locator('.acts .buttons button').all())
      expect(await button.isDisabled()).toBe(true);
    await page.waitForSelector('.acts:has-text("viewer")');
    expect(await axe(page)).toEqual([]);
    for (const path of [`/queues/${ACTS}/admission`, `/queues/${ACTS}/notice`]) {
      const headers = { Authorization: `Bearer ${await pages.keyOf('viewer')}` };
      expect((await fetch(app.managementUrl + path, { method: 'POST', headers })).status).toBe(403);
    }
  });

  it('can be used by keyboard alone: a sale is closed, and a date canceled after its name was typed', async () => {
    const admin = await app.operator('admin');
    const { title, scheduleId } = await admin.published({ closesAt: inDays(2) });
    await app.admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [KEYS, title]);
    const before = {
      ...dataOf<object>(await admin.get(`schedules/${scheduleId}`)),
      scheduleId: scheduleId - 1,
      startsAt: '2020-01-01T00:00:00Z',
    };
    const { page, faults } = await browser.open();
    const firstPage = '**/v1/admin/schedules?state=PUBLISHED';
    await page.route(firstPage, (route) => route.fulfill({ json: { data: [before] } }));
    await signIn(page, app.managementUrl, await pages.keyOf('admin'));
    await choose(page, KEYS);
    await page.waitForSelector(`[data-schedule="${scheduleId}"]`); // it is on the second page of the list
    const row = `[data-schedule="${scheduleId}"]`;
    let reads = 0; // of the version: the first one fails, those that follow take their time
    await page.route(`**/v1/admin/schedules/${scheduleId}`, async (route) => {
      if (++reads === 1) return route.abort();
      await wait(500);
      return route.continue();
    });
    await tabTo(page, `${row} button:not(.danger)`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog');
    await tabTo(page, '#reason');
    await page.keyboard.type('the hall is full');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog .problem:has-text("does not answer")');
    // Once: the focus goes back to the button of the row, where one more press would open the dialog again.
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.waitForSelector(`${row}:has-text("closed")`);
    await tabTo(page, `${row} button.danger`);
    await page.keyboard.press('Enter');
    await tabTo(page, '#name');
    await page.keyboard.type('something else');
    await tabTo(page, '#reason');
    await page.keyboard.type('the artist is ill');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog .problem:has-text("not the name")');
    await page.fill('#name', title);
    await page.press('#reason', 'Enter');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.waitForSelector(row, { state: 'detached' });
    expect(dataOf<{ state: string }>(await admin.get(`schedules/${scheduleId}`)).state).toBe('CANCELED');
    expect(faults).toEqual([]);
  });

  it('keeps what it knew while stores or the service are away, greyed and with its age', async () => {
    const { proxy: redis, url: redisUrl } = await proxied(testConfig().REDIS_URL);
    const { proxy: database, url: databaseUrl } = await proxied(testConfig().DATABASE_URL);
    const service = await startTestService({
      MANAGEMENT_PORT: 0,
      QUEUE_MAX_ACTIVE: 7,
      REDIS_URL: redisUrl,
      DATABASE_URL: databaseUrl,
    });
    const { page, context, faults } = await browser.open();
    await signIn(page, service.managementUrl, await pages.keyOf('operator'));
    const fresh = '[data-panel="queue"][data-stale="false"]';
    const stale = '[data-panel="queue"][data-stale="true"]';
    await page.waitForSelector(fresh);
    await page.waitForSelector('[data-figure="MariaDB"]:has-text("up")');
    await page.waitForSelector('[data-panel="sales"] .small:has-text("counted")');

    await database.cut();
    await page.waitForSelector('.warning:has-text("MariaDB")');
    // What took long to count is counted rarely, and may be old for as long.
    await page.waitForSelector('[data-panel="sales"][data-stale="true"]', { timeout: 400_000 });
    await page.click('button.pause'); // to stop must be possible above all now
    await page.waitForSelector('[data-state="PAUSED"]');

    await redis.cut();
    await page.waitForSelector(stale);
    await page.waitForSelector('.warning:has-text("Redis")');
    await figure(page, 'active', 'of at most 7');
    expect(await axe(page)).toEqual([]);
    await Promise.all([redis.open(), database.open()]);
    await page.waitForSelector(fresh);
    await page.waitForSelector('.warning', { state: 'detached' });

    await context.setOffline(true);
    await service.stop();
    await page.waitForSelector('.connection.lost');
    await page.waitForSelector(stale);
    await figure(page, 'active', 'of at most 7');
    expect(await axe(page)).toEqual([]);
    expect(faults).toEqual([]);
    await Promise.all([redis.cut(), database.cut()]);
  });
});

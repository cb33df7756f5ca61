import { useService } from '../support/suite';
import { axe, concertOf, describeInBrowser, overflowOf, queueName, useBrowser } from './support';

describeInBrowser('without JavaScript', () => {
  const queueId = queueName();
  const app = useService({ QUEUE_ID: queueId, HOLD_EXTENSION_SECONDS: 60, QUEUE_MAX_ACTIVE: 1 });
  const browser = useBrowser();

  it('a user takes a place, waits, is admitted, chooses seats and pays, by forms alone', async () => {
    const { title } = await concertOf(app, queueId, 8, 100);
    const first = await app.buyer();
    const userId = await app.given.user(1000);
    const { page } = await browser.open({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
    await page.goto(`${app.url}/`);
    await page.click('noscript a, a[href="/v1/forms"]');
    await page.fill('#user', String(userId));
    await page.press('#user', 'Enter');
    await page.waitForSelector('[data-position="1"]');
    expect(await overflowOf(page).catch(() => 0)).toBe(0);
    const { id, seats } = await concertOf(app, queueId, 1, 0);
    const hold = await first.hold(id, seats[0]?.id ?? 0);
    await first.pay(hold); // its session ends, and the page renews itself
    await page.waitForSelector('a[href*="/seats"]');
    const choice = page.locator(`li:has-text("${title}") a`);
    while ((await choice.count()) === 0)
      // dates of other tests come before it
      await page.goto(
        new URL((await page.locator('a[href*="after="]').getAttribute('href')) ?? '', app.url).href,
      );
    await choice.click();
    await page.selectOption('select[name="count"]', '2');
    await page.click('button.primary');
    await page.waitForSelector('form[action$="/payment"]');
    await page.click('form[action$="/extension"] button');
    await page.waitForSelector('form[action$="/payment"]');
    expect(await page.locator('form[action$="/extension"]').count()).toBe(0);
    await page.click('form[action$="/payment"] button');
    await page.waitForSelector('[data-status="PAID"]');
  });

  it('each page has no fault that axe finds', async () => {
    await concertOf(app, queueId, 8, 100);
    const userId = await app.given.user(1000);
    const { page } = await browser.open();
    const look = async (): Promise<void> => expect(await axe(page)).toEqual([]);
    await page.goto(`${app.url}/v1/forms`);
    await look();
    await page.fill('#user', String(userId));
    await page.press('#user', 'Enter');
    await page.waitForSelector('a[href*="/seats"]');
    await look();
    await page.click('a[href*="/seats"]');
    await look();
    await page.click('button.primary');
    await page.waitForSelector('form[action$="/payment"]');
    await look();
    await page.click('form[action$="/payment"] button');
    await page.waitForSelector('[data-status="PAID"]');
    await look();
  });
});

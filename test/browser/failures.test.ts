import { Redis } from '../../src/platform/redis/redis';
import { at } from '../support/at';
import { Buyer } from '../support/clients/buyer';
import { Given, openAdminDatabase } from '../support/rows/given';
import { ServiceProcess } from '../support/servers/process';
import { useService } from '../support/suite';
import { until } from '../support/wait';
import {
  concertOf,
  describeInBrowser,
  enter,
  join,
  openTab,
  positionOn,
  queueName,
  screen,
  useBrowser,
} from './support';

const PRICE = 30_000;
/** Each test has its queue. */
const [LOST, OFFLINE, TABS, PAYMENT, EXPIRED] = Array.from({ length: 5 }, queueName) as [
  string,
  string,
  string,
  string,
  string,
];

describeInBrowser('a place in the line, seen by the page', () => {
  const app = useService({
    QUEUES: [LOST, OFFLINE, TABS, PAYMENT, EXPIRED].map((id) => `${id}=1`).join(','),
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 3600,
  });
  const browser = useBrowser();

  /** Users who came before. */
  const ahead = async (queue: string, count: number): Promise<Buyer[]> => {
    const buyers: Buyer[] = [];
    for (let i = 0; i < count; i++) {
      const buyer = new Buyer(app.url, await app.given.user(PRICE));
      buyer.token = await enter(app.url, queue, buyer.userId);
      buyers.push(buyer);
    }
    return buyers;
  };

  it('survives the loss of Redis’ state, and its position never goes back', async () => {
    await ahead(LOST, 3);
    const { page, faults } = await browser.open({ serviceWorkers: 'block' });
    await join(page, app.url, LOST, await app.given.user());
    await page.waitForSelector('[data-position="3"]');
    const redis = new Redis(process.env.REDIS_URL ?? '');
    const names = await redis.keys(`queue:{${LOST}}:*`);
    await redis.del(names);
    await redis.quit();
    const seen: number[] = [];
    const statuses = { count: 0 };
    page.on('response', (response) => {
      if (response.url().endsWith('/status')) statuses.count++;
    });
    await until('four statuses after the loss', async () => {
      seen.push(await positionOn(page));
      return statuses.count >= 4;
    });
    // Many who were passed over come back at once: they are ahead, and the position that was shown stays.
    await page.route('**/status', async (route) => {
      const answer = await route.fetch();
      const body = (await answer.json()) as { data: { rejoined: number } };
      body.data.rejoined += 500;
      await route.fulfill({ response: answer, json: body });
    });
    statuses.count = 0;
    await until('two statuses with many ahead', async () => {
      seen.push(await positionOn(page));
      return statuses.count >= 2;
    });
    expect(Math.max(...seen)).toBeLessThanOrEqual(3);
    await screen(page, 'waiting');
    expect(faults).toEqual([]);
  });

  it('is shown as kept while there is no connection, and goes on by itself afterwards', async () => {
    const first = at(await ahead(OFFLINE, 2), 0);
    const { page, context } = await browser.open();
    await join(page, app.url, OFFLINE, await app.given.user());
    await page.waitForSelector('[data-position="2"]');
    await context.setOffline(true);
    await page.waitForSelector('.offline');
    expect(await page.textContent('.offline')).toMatch(/kept until \d\d:\d\d/);
    expect(await positionOn(page)).toBe(2);
    const concert = await concertOf(app, OFFLINE, 1, PRICE);
    await first.pay(await first.hold(concert.id, at(concert.seats, 0).id));
    await context.setOffline(false);
    await page.waitForSelector('[data-position="1"]');
    await page.waitForSelector('.offline', { state: 'detached' });
  });

  it('is asked for by one tab of several; the others show the same', async () => {
    await ahead(TABS, 2);
    const { page: first, context } = await browser.open();
    await join(first, app.url, TABS, await app.given.user());
    await first.waitForSelector('[data-position="2"]');
    const { page: second } = await openTab(context);
    let asked = 0;
    second.on('request', (request) => {
      if (/\/status$|\/presence$/.test(request.url())) asked++;
    });
    await second.goto(`${app.url}/?queue=${TABS}`);
    await second.waitForSelector('[data-position="2"]');
    const heard = Number(await second.evaluate(LAST_HEARD));
    await until('the second tab hears what the first one asked', async () => {
      return Number(await second.evaluate(LAST_HEARD)) > heard;
    });
    expect(asked).toBe(0);
    await first.close(); // now the other one leads
    await until('the second tab asks', () => asked > 0);
    expect(await positionOn(second)).toBe(2);
  });

  it('pays once when the answer of the payment is lost after the commit', async () => {
    const concert = await concertOf(app, PAYMENT, 2, PRICE);
    const userId = await app.given.user(2 * PRICE);
    const { page } = await browser.open({ serviceWorkers: 'block' });
    let lists = 0;
    await page.route('**/concerts/schedule', async (route) => {
      if (++lists > 1) await route.continue();
      else await route.fulfill({ json: { data: [] }, headers: { 'X-Fallback': 'empty' } }); // it could not be read
    });
    await join(page, app.url, PAYMENT, userId);
    await screen(page, 'concerts');
    await page.waitForSelector('.problem:not(:empty)');
    expect(await page.locator('main').innerText()).not.toContain('Nothing is on sale');
    await page.click('button:has-text("Look again")');
    await page.click(`.choices button:has-text("${concert.title}")`);
    await page.click('[role=gridcell].free >> nth=0');
    await page.click('.checkout .primary');
    await screen(page, 'order');
    const keys: (string | undefined)[] = [];
    const kept: unknown[] = [];
    await page.route('**/orders/*/payment', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      kept.push(await page.evaluate(PENDING_PAYMENT));
      if (keys.length > 1) {
        await route.continue();
        return;
      }
      await route.fetch(); // the service commits
      await route.abort('connectionreset'); // the page never hears of it
    });
    await page.click('.primary:has-text("Pay")');
    await page.waitForSelector('.primary:has-text("Checking")');
    await screen(page, 'ticket');
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
    expect(kept[0]).toBe(keys[0]); // the key was kept before the request left
    const [row] = await app.admin.query<{ payments: number; balance: number }>(
      `SELECT (SELECT COUNT(*) FROM payment WHERE user_id = m.id) AS payments, m.balance
         FROM member m WHERE m.id = ?`,
      [userId],
    );
    expect(row).toEqual({ payments: 1, balance: PRICE });
  });

  it('that the service does not know any more leads back into the line', async () => {
    await ahead(EXPIRED, 1);
    const { page } = await browser.open();
    await join(page, app.url, EXPIRED, await app.given.user());
    await screen(page, 'waiting');
    await page.route('**/token/check', (route) =>
      route.fulfill({
        json: {
          resultType: 'SUCCESS',
          data: { queuePosition: 0, status: 'EXPIRED', etaSeconds: 0, pollAfterMs: 0 },
          exception: null,
        },
      }),
    );
    await page.route('**/status', async (route) => {
      const answer = await route.fetch();
      const body = (await answer.json()) as { data: { headSeq: number; issued: number } };
      body.data.headSeq = body.data.issued;
      await route.fulfill({ response: answer, json: body });
    });
    await screen(page, 'expired');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.click('.primary');
    await screen(page, 'waiting');
  });
});

describeInBrowser('the page of who waits', () => {
  const browser = useBrowser();

  it('stays when every process is killed, also after a reload, and goes on when one is back', async () => {
    const queueId = queueName();
    const env = { QUEUE_ID: queueId, QUEUE_MAX_ACTIVE: 1, QUEUE_PRESENCE_TIMEOUT_SECONDS: 3600 };
    const service = await new ServiceProcess(env).start();
    const port = new URL(service.url).port;
    const { page } = await browser.open();
    await page.goto(`${service.url}/`);
    const [first, second] = await twoUsers();
    await enter(service.url, queueId, first);
    await join(page, service.url, queueId, second);
    await page.waitForSelector('[data-position="1"]');
    await page.evaluate(WORKER_READY);
    await service.stop('SIGKILL');
    await page.waitForSelector('.offline');
    await page.reload();
    await page.waitForSelector('.offline');
    expect(await positionOn(page)).toBe(1);
    const again = await new ServiceProcess({ ...env, PORT: port }).start();
    await page.waitForSelector('.offline', { state: 'detached' });
    expect(await positionOn(page)).toBe(1);
    await again.stop();
  });
});

/** What pages are asked, as text: they know names that this program does not. */
const LAST_HEARD = `JSON.parse(localStorage.getItem('concert.status')).atMs`;
const PENDING_PAYMENT = `JSON.parse(localStorage.getItem('concert.pending.payment')).key`;
const WORKER_READY = `navigator.serviceWorker.ready.then(async () => {
  while ((await caches.keys()).length === 0 || !(await caches.match('/'))) await new Promise((r) => setTimeout(r, 50));
})`;

async function twoUsers(): Promise<[number, number]> {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  await given.scheduleWithSeats(1); // what other tests have made may be sold out
  const users: [number, number] = [await given.user(), await given.user()];
  await admin.close();
  return users;
}

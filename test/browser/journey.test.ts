import type { Page } from 'playwright-core';
import { Buyer } from '../support/clients/buyer';
import { useService } from '../support/suite';
import { at } from '../support/at';
import { layoutFaults } from './layout';
import {
  axe,
  concertOf,
  describeInBrowser,
  enter,
  overflowOf,
  queueName,
  screen,
  useBrowser,
} from './support';

/** Each test has its queue. */
const QUEUES = [queueName(), queueName(), queueName(), queueName()];
const PRICE = 70_000;

describeInBrowser('a buyer in front of the page', () => {
  const app = useService({
    QUEUES: QUEUES.map((id) => `${id}=1`).join(','),
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 3600,
  });
  const browser = useBrowser();

  /** Somebody who is in, and leaves by paying. */
  const someoneAhead = async (queue: string): Promise<() => Promise<void>> => {
    const userId = await app.given.user(PRICE);
    const buyer = new Buyer(app.url, userId);
    buyer.token = await enter(app.url, queue, userId);
    const concert = await concertOf(app, queue, 3, PRICE);
    return async () => {
      const answer = await buyer.pay(await buyer.hold(concert.id, at(concert.seats, 0).id));
      expect(answer.status).toBe(200);
    };
  };

  /** Presses Tab until what has the focus matches. */
  const tabTo = async (page: Page, selector: string): Promise<void> => {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      const isThere = await page.evaluate(
        (wanted) =>
          (
            globalThis as unknown as { document: { activeElement: { matches(css: string): boolean } | null } }
          ).document.activeElement?.matches(wanted) === true,
        selector,
      );
      if (isThere) return;
    }
    throw new Error(`Tab does not lead to ${selector}`);
  };

  const bought = async (userId: number): Promise<{ seats: number; paid: number }> => {
    const [row] = await app.admin.query<{ seats: number; paid: number }>(
      `SELECT (SELECT COUNT(*) FROM reservation WHERE user_id = ? AND status = 'RESERVED') AS seats,
              (SELECT CAST(SUM(amount) AS UNSIGNED) FROM payment WHERE user_id = ?) AS paid`,
      [userId, userId],
    );
    return row ?? { seats: 0, paid: 0 };
  };

  it('gets from the line to a ticket by the keyboard alone, in Korean', async () => {
    const queue = at(QUEUES, 0);
    const leaves = await someoneAhead(queue);
    const { title } = await concertOf(app, queue, 45, PRICE);
    const userId = await app.given.user(90_000);
    const { page, faults } = await browser.open({ locale: 'ko-KR', viewport: { width: 1280, height: 800 } });
    await page.goto(`${app.url}/?queue=${queue}`);
    await screen(page, 'sign-in');
    expect(await axe(page)).toEqual([]);
    await tabTo(page, '#user');
    await page.keyboard.type(String(userId));
    await page.keyboard.press('Enter');
    await screen(page, 'waiting');
    await page.waitForSelector('[data-position="1"]');
    expect(await axe(page)).toEqual([]);

    await leaves();
    await screen(page, 'concerts');
    await page.waitForSelector('.choices button');
    expect(await page.title()).toContain('차례');
    expect(await page.textContent('[aria-live]')).toContain('차례');
    expect(await axe(page)).toEqual([]);
    while (!(await focusedText(page)).includes(title)) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');

    await page.waitForSelector('[role=gridcell].free');
    expect(await axe(page)).toEqual([]);
    await tabTo(page, '[role=gridcell]');
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'End', 'ArrowLeft', 'Home', 'ArrowRight'])
      await page.keyboard.press(key);
    await page.keyboard.press('Enter');
    expect(await page.getAttribute(':focus', 'aria-selected')).toBe('true');
    expect(await page.getAttribute(':focus', 'aria-label')).toMatch(/2열 2번, 70,000원, 선택함/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    expect(await page.getAttribute(':focus', 'aria-label')).toMatch(/2열 3번, 70,000원, 선택함/);
    expect(await layoutFaults(page)).toEqual([]);
    await tabTo(page, '.checkout .primary');
    await page.keyboard.press('Enter');

    await screen(page, 'order');
    await page.waitForSelector('.primary:has-text("50,000")'); // what the balance lacks
    expect([await axe(page), await layoutFaults(page)]).toEqual([[], []]);
    await tabTo(page, 'main .primary');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.primary:has-text("140,000")');
    await page.keyboard.press('Enter');

    await screen(page, 'ticket');
    await page.waitForSelector('.code path');
    expect([await axe(page), await layoutFaults(page)]).toEqual([[], []]);
    expect(await bought(userId)).toEqual({ seats: 2, paid: 2 * PRICE });
    expect(faults).toEqual([]);
  });

  it('gets from the line to a ticket by touch on a small screen, in English, by the list of seats', async () => {
    const queue = at(QUEUES, 1);
    const leaves = await someoneAhead(queue);
    const { title } = await concertOf(app, queue, 30, PRICE);
    const userId = await app.given.user(PRICE);
    const { page, faults } = await browser.open({
      viewport: { width: 320, height: 640 },
      hasTouch: true,
      isMobile: true,
      colorScheme: 'dark',
    });
    await page.goto(`${app.url}/?queue=${queue}`);
    await page.tap('#user');
    await page.keyboard.type(String(userId));
    await page.tap('.primary');
    await screen(page, 'waiting');
    expect([await overflowOf(page), await axe(page)]).toEqual([0, []]);
    await leaves();
    await screen(page, 'concerts');
    await page.tap(`.choices button:has-text("${title}")`);
    await page.waitForSelector('[role=gridcell].free');
    expect([await overflowOf(page), await axe(page)]).toEqual([0, []]);
    await page.tap('.toolbar button:has-text("List")');
    await page.tap('details >> nth=1');
    expect(await axe(page)).toEqual([]);
    await page.tap('details >> nth=1 >> button >> nth=2');
    await page.tap('.checkout .primary');
    await screen(page, 'order');
    expect([await overflowOf(page), await axe(page)]).toEqual([0, []]);
    await page.tap('.primary:has-text("Pay")');
    await screen(page, 'ticket');
    expect([await overflowOf(page), await axe(page)]).toEqual([0, []]);
    expect(await bought(userId)).toEqual({ seats: 1, paid: PRICE });
    await page.reload();
    await page.waitForSelector('.code path'); // the ticket stays in this browser
    expect(faults).toEqual([]);
  });

  it('gives seats back, chooses others, gets more time once, and sees when that is too late', async () => {
    const queue = at(QUEUES, 3);
    const { id, title } = await concertOf(app, queue, 6, PRICE);
    const userId = await app.given.user(10 * PRICE);
    const { page, faults } = await browser.open({ viewport: { width: 320, height: 640 } });
    const orders = (): Promise<object[]> =>
      app.admin.query(
        `SELECT o.status, o.extended, COUNT(r.id) AS seats
           FROM orders o JOIN reservation r ON r.order_id = o.id
          WHERE o.user_id = ? AND o.schedule_id = ? GROUP BY o.id ORDER BY o.id`,
        [userId, id],
      );
    const choose = async (count: number): Promise<void> => {
      await page.waitForSelector('[role=gridcell].free');
      for (let seat = 0; seat < count; seat++) await page.click('[role=gridcell].free >> nth=0');
    };
    await page.goto(`${app.url}/?queue=${queue}`);
    await page.fill('#user', String(userId));
    await page.press('#user', 'Enter');
    await screen(page, 'concerts');
    await page.click(`.choices button:has-text("${title}")`);
    await choose(5);
    await page.waitForSelector('.problem:has-text("At most 4")');
    expect(await page.locator('[role=gridcell][aria-selected=true]').count()).toBe(4);
    await app.admin.execute('UPDATE concert_schedule SET seats_per_user = 3 WHERE id = ?', [id]);
    await page.click('.checkout .primary');
    await page.waitForSelector('.problem:has-text("one buyer")');
    await app.admin.execute('UPDATE concert_schedule SET seats_per_user = NULL WHERE id = ?', [id]);
    await page.click('.checkout .primary');
    await screen(page, 'order');
    await page.click('button:has-text("Give the seats back")');
    await screen(page, 'seats');
    expect(await orders()).toEqual([{ status: 'CANCELED', extended: 0, seats: 4 }]);

    await choose(2);
    await page.click('.checkout .primary');
    await screen(page, 'order');
    await page.click('button:has-text("more time")');
    await page.waitForSelector('button:has-text("more time")', { state: 'detached' });
    expect(await page.textContent('.unseen')).toContain('more time');
    await page.waitForSelector('.primary:focus'); // the button that had the focus is gone
    expect([await overflowOf(page), await axe(page)]).toEqual([0, []]);
    expect((await orders())[1]).toEqual({ status: 'HELD', extended: 1, seats: 2 });
    await page.reload();
    await screen(page, 'order');
    await page.waitForSelector('.primary:has-text("140,000")');
    expect(await page.locator('button:has-text("more time")').count()).toBe(0);

    const [held] = await app.admin.query<{ id: number }>(
      `SELECT r.id FROM reservation r WHERE r.user_id = ? AND r.status = 'TEMP_RESERVED'`,
      [userId],
    );
    await app.given.holdIsPast(held?.id ?? 0);
    await page.click('main .primary');
    await screen(page, 'hold-ended');
    expect(faults).toEqual([]);
  });

  it('needs three requests for the page in which one waits', async () => {
    const queue = at(QUEUES, 2);
    const leaves = await someoneAhead(queue);
    const userId = await app.given.user(PRICE);
    const { page } = await browser.open({ serviceWorkers: 'block' });
    const files: string[] = [];
    page.on('request', (request) => {
      if (['document', 'script', 'stylesheet', 'image', 'font'].includes(request.resourceType()))
        files.push(new URL(request.url()).pathname);
    });
    await page.goto(`${app.url}/?queue=${queue}`);
    await screen(page, 'sign-in');
    expect(files.filter((file) => !file.startsWith('/assets/shop')).length).toBe(3);
    expect(userId).toBeGreaterThan(0);
    await leaves();
  });
});

const focusedText = (page: Page): Promise<string> =>
  page.evaluate(
    () =>
      (globalThis as unknown as { document: { activeElement: { textContent: string } | null } }).document
        .activeElement?.textContent ?? '',
  );

import { uniqueQueueId } from '../../support/config';
import { useService } from '../../support/suite';
import { axe, describeInBrowser, useBrowser } from '../support';
import { OperatorPages } from './support';

const QUEUE = uniqueQueueId();
const OUTCOME = {
  targetMs: 200,
  p99Ms: 84,
  failedShare: 0,
  isKept: true,
  capacity: { users: 320, isLimit: true },
  sold: 500,
  soldOutAfterSeconds: 61,
  perSecond: 9.2,
  realSoldOutAfterSeconds: 2190,
  realSoldOutRange: { fromSeconds: 2080, toSeconds: 2340 },
};

describeInBrowser('rehearsals on the operator’s page', () => {
  const app = useService({ MANAGEMENT_PORT: 0, QUEUES: `${QUEUE}=3` });
  const pages = new OperatorPages(app, useBrowser());
  afterEach(() => app.admin.execute('DELETE FROM rehearsal WHERE queue_id = ?', [QUEUE]));

  it('are asked for with an expected crowd, wait for a runner, and are taken back', async () => {
    const { page, faults } = await pages.openAs('admin', QUEUE);
    await page.click('button:has-text("Rehearse the sale")');
    await page.fill('#users', '2000');
    await page.fill('#seats', '500');
    await page.fill('#realSeats', '20000');
    await page.fill('#reason', 'before the sale');
    await page.click('button:has-text("Do it")');
    await page.waitForSelector('dialog .problem:has-text("Enter both")');
    await page.fill('#realBuyers', '200000');
    expect(await axe(page)).toEqual([]);
    await page.click('button:has-text("Do it")');
    await page.waitForSelector('[data-state="WAITING"]:has-text("npm run load -- rehearse --requests")');
    const [row] = await app.admin.query('SELECT user_count, real_buyers FROM rehearsal WHERE queue_id = ?', [
      QUEUE,
    ]);
    expect(row).toEqual({ user_count: 2000, real_buyers: 200_000 });
    await page.click('button:has-text("Take the rehearsal back")');
    await page.fill('#reason', 'another day');
    await page.click('button:has-text("Do it")');
    await page.waitForSelector('[data-state="CANCELED"]');
    expect(faults).toEqual([]);
  });

  const givenOutcome = (outcome: object): Promise<unknown> =>
    app.admin.execute(
      `INSERT INTO rehearsal (queue_id, user_count, seat_count, real_seats, real_buyers, ended_at, outcome)
       VALUES (?, 2000, 500, 20000, 200000, NOW(3), ?)`,
      [QUEUE, JSON.stringify(outcome)],
    );

  it('show verdict, capacity and predicted minutes to a viewer, who cannot ask for one', async () => {
    await givenOutcome(OUTCOME);
    const { page, faults } = await pages.openAs('viewer', QUEUE);
    await page.waitForSelector('[data-figure="objective"]:has-text("kept")');
    await page.waitForSelector('[data-figure="capacity"]:has-text("320")');
    await page.waitForSelector('[data-figure="sold-out"]:has-text("minute 37")');
    await page.waitForSelector('[data-figure="sold-out"]:has-text("9 of 10 times in minutes 35 to 40")');
    const refresh = async (outcome: object): Promise<void> => {
      await givenOutcome(outcome);
      await page.click('[data-panel="rehearsal"] button.quiet');
    };
    const { realSoldOutRange: _, ...earlier } = OUTCOME;
    await refresh({ ...earlier, p99Ms: 85 });
    await page.waitForSelector('[data-figure="objective"]:has-text("p99 85")');
    expect(await page.textContent('[data-figure="sold-out"]')).not.toContain('9 of 10');
    await refresh({ ...OUTCOME, realSoldOutRange: { fromSeconds: 2080, toSeconds: null } });
    await page.waitForSelector(
      '[data-figure="sold-out"]:has-text("from minute 35 on, or not sold out at all")',
    );
    await refresh({ ...OUTCOME, realSoldOutAfterSeconds: null, realSoldOutRange: null });
    await page.waitForSelector('[data-figure="sold-out"]:has-text("no forecast")');
    expect(await page.locator('button:has-text("Rehearse the sale")').count()).toBe(0);
    expect(await axe(page)).toEqual([]);
    expect(faults).toEqual([]);
  });
});

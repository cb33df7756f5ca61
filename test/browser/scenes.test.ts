import { SCENES, show } from '../../lab/pages/scenes';
import { useService } from '../support/suite';
import { layoutFaults } from './layout';
import { axe, describeInBrowser, overflowOf, useBrowser } from './support';

/** states.test.ts knows these. */
const OFTEN = ['not-open', 'draw', 'waiting', 'paused', 'waitlist', 'sold-out', 'closed'];
/** No other test looks at these with axe. */
const SELDOM = ['rejoined', 'offline', 'expired', 'hold-ended'];

describeInBrowser('what the pictures show', () => {
  const app = useService();
  const browser = useBrowser();

  it('leaves one thing to do in every state', async () => {
    const { context, faults } = await browser.open();
    const actions: Record<string, number> = {};
    for (const scene of SCENES.filter(({ name }) => !OFTEN.includes(name))) {
      const page = await context.newPage();
      await show(page, app.url, scene, 'en');
      actions[scene.name] = await page.locator('main button.primary').count();
      await page.close();
    }
    expect(actions).toEqual({
      'sign-in': 1,
      rejoined: 1,
      offline: 1,
      expired: 1,
      dates: 0, // a list, with a button for each
      seats: 1,
      'seat-list': 1,
      order: 1,
      'hold-ended': 1,
      ticket: 1,
    });
    expect(faults).toEqual([]);
  });

  it('asks for what it needs at once: the shop’s style beside its script, the layout beside the availability', async () => {
    const { page, faults } = await browser.open();
    const asked = (url: RegExp): Promise<unknown> => page.waitForRequest(url);
    // Each of the two stays without an answer until the other has been asked for.
    const hold = async (pattern: string, until: Promise<unknown>): Promise<unknown> =>
      page.route(pattern, async (route) => {
        await until;
        await route.fallback();
      });
    await hold('**/assets/shop-*.js', asked(/\/shop-\w+\.css$/));
    for (const scene of SCENES.filter(({ name }) => name === 'dates')) await show(page, app.url, scene, 'en');
    await hold('**/availability?*', asked(/\/concerts\/layout\?/));
    await page.click('.choices button >> nth=0');
    await page.waitForSelector('[role=gridcell].free');
    expect(faults).toEqual([]);
  });

  it.each(SELDOM)('has no fault of access or layout in the state %s', async (name) => {
    const { page, faults } = await browser.open({
      viewport: { width: 320, height: 700 },
      colorScheme: 'dark',
    });
    for (const scene of SCENES.filter((each) => each.name === name)) await show(page, app.url, scene, 'ko');
    expect([await overflowOf(page), await axe(page), await layoutFaults(page), faults]).toEqual([
      0,
      [],
      [],
      [],
    ]);
  });
});

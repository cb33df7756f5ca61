import { WaitingRoomRegistry } from '../../src/modules/waiting-room/registry';
import { Crowd, Meanwhile } from '../support/clients/crowd';
import { useService } from '../support/suite';
import { until } from '../support/wait';
import { describeInBrowser, join, screen, useBrowser, type Watched } from './support';

const CROWD = 400;
const BEHIND = 100;
/** Admitted at once, four times a second. */
const STEP = 10;

describeInBrowser('three browsers in a crowd', () => {
  const app = useService({ QUEUE_MAX_ACTIVE: 1, QUEUE_PRESENCE_TIMEOUT_SECONDS: 3600 });
  const browser = useBrowser();
  let flow: Meanwhile<void>;
  afterEach(() => flow.stop());

  it('never see their position go back, see nothing jump, and get in', async () => {
    const crowd = new Crowd([{ ...app.service, url: app.url }]);
    await crowd.come(CROWD);
    const room = app.service.container.resolve(WaitingRoomRegistry).main;
    let limit = 1;
    flow = new Meanwhile(250, async () => {
      crowd.poll();
      await room.applyOverride('limit', (limit += STEP));
    });
    await until('the crowd moves', () => room.snapshot.headSeq > 0);
    const watched: Watched[] = [];
    for (const locale of ['en-GB', 'ko-KR', 'en-GB']) {
      const one = await browser.open({ locale });
      watched.push(one);
      await one.context.addInitScript(RECORD);
      await join(one.page, app.url, app.queueId, await app.given.user());
      await crowd.come(BEHIND);
    }
    for (const { page, faults } of watched) {
      await screen(page, 'concerts');
      const { positions, jumps } = await page.evaluate<Recorded>('recorded');
      expect(positions.length).toBeGreaterThan(1);
      expect(positions).toEqual(positions.toSorted((a, b) => b - a));
      // Other tests put concerts on sale meanwhile, which changes the list of what is left.
      expect(jumps.filter((html) => !html.includes('class="left"'))).toEqual([]);
      expect(faults).toEqual([]);
    }
  });
});

interface Recorded {
  positions: number[];
  jumps: string[];
}

/** Keeps each position that the page shows, and what jumps (a layout shift without input) while the user waits. */
const RECORD = `{
  const recorded = (globalThis.recorded = { positions: [], jumps: [] });
  new MutationObserver(() => {
    const shown = document.querySelector('[data-position]')?.getAttribute('data-position');
    if (shown != null && Number(shown) !== recorded.positions.at(-1)) recorded.positions.push(Number(shown));
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-position'] });
  new PerformanceObserver((list) => {
    if (document.querySelector('[data-position]') === null) return;
    for (const { hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput) recorded.jumps.push(sources.map(({ node }) => node?.outerHTML ?? node?.textContent).join(' '));
  }).observe({ type: 'layout-shift', buffered: true });
}`;

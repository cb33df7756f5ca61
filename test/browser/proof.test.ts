import { useService } from '../support/suite';
import { axe, describeInBrowser, screen, useBrowser } from './support';

/** A search that never ends, in place of the page's: a real one may have the luck to end before anybody looks. */
const ENDLESS = 'onmessage = () => setInterval(() => postMessage({ tried: 1 }), 50);';

describeInBrowser('a proof of work on the page', () => {
  const app = useService({ TOKEN_GATE: 'proof-of-work', TOKEN_PROOF_OF_WORK_BITS: 1 });
  const browser = useBrowser();

  it('is computed in a worker under the page’s policy, and gives a place', async () => {
    const { page, faults } = await browser.open();
    const paths: string[] = [];
    page.on('request', (request) => paths.push(new URL(request.url()).pathname));
    await page.goto(`${app.url}/`);
    await screen(page, 'sign-in');
    expect(paths.filter((path) => path.includes('proof'))).toEqual([]); // loaded when it is needed
    await page.fill('#user', String(await app.given.user()));
    await page.press('#user', 'Enter');
    await page.waitForSelector('[data-screen]:not([data-screen="sign-in"])');
    expect(paths).toContain('/proof-worker.js');
    expect(faults).toEqual([]);
  });

  it('shows its progress, is accessible, and ends by Escape or by its button', async () => {
    const { page, faults } = await browser.open({
      locale: 'ko-KR',
      viewport: { width: 360, height: 640 },
      serviceWorkers: 'block', // its requests pass by the route
    });
    await page.route('**/proof-worker.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: ENDLESS }),
    );
    await page.goto(`${app.url}/`);
    await screen(page, 'sign-in');
    await page.fill('#user', String(await app.given.user()));
    for (const end of [() => page.keyboard.press('Escape'), () => page.click('dialog button')]) {
      await page.press('#user', 'Enter');
      await page.waitForSelector('dialog[open] progress[value]:not([value="0"])');
      expect(await axe(page)).toEqual([]);
      await end();
      await page.waitForSelector('dialog', { state: 'detached' });
      await page.waitForSelector('button.primary[aria-disabled="false"]');
      expect(await page.textContent('#user-problem')).toBe('');
    }
    expect(await page.evaluate(() => localStorage.getItem('concert.place'))).toBeNull();
    expect(faults).toEqual([]);
  });
});

import { assertion, AUDIENCE, ISSUER, pemOf, shopKey } from '../support/servers/identity-shop';
import { LocalServer } from '../support/servers/local-server';
import { startTestService } from '../support/service';
import { useService } from '../support/suite';
import { until } from '../support/wait';
import { layoutFaults } from './layout';
import { axe, describeInBrowser, screen, useBrowser, type Watched } from './support';

const KEY = shopKey('ES256');
const IDENTITY = {
  TOKEN_IDENTITY_PUBLIC_KEY: pemOf(KEY),
  TOKEN_IDENTITY_ISSUER: ISSUER,
  TOKEN_IDENTITY_AUDIENCE: AUDIENCE,
};

describeInBrowser('a sign-in at the shop', () => {
  /** What the shop adds to the page's address when it sends a user back. */
  let answerOf: (state: string) => string | Promise<string>;
  const shop = new LocalServer((req, res) => {
    const url = new URL(req.url ?? '', 'http://shop');
    visits.push(url);
    void Promise.resolve(answerOf(url.searchParams.get('state') ?? '')).then((fragment) =>
      res.writeHead(302, { Location: `${url.searchParams.get('return_to') ?? ''}#${fragment}` }).end(),
    );
  });
  let service: Awaited<ReturnType<typeof startTestService>>;
  let visits: URL[] = [];
  const browser = useBrowser();

  beforeAll(async () => {
    await shop.open();
    service = await startTestService({
      ...IDENTITY,
      TOKEN_IDENTITY_SIGN_IN_URL: `${shop.origin}/login?theme=a`,
    });
  });
  beforeEach(() => {
    visits = [];
  });
  afterAll(async () => {
    await service.stop();
    await shop.close();
  });

  const open = async (path = '/'): Promise<Watched> => {
    const watched = await browser.open();
    await watched.page.goto(`${service.url}${path}`);
    await screen(watched.page, 'sign-in');
    return watched;
  };
  const isHere = async ({ page }: Watched): Promise<unknown> =>
    page.evaluate('localStorage.getItem("concert.place") !== null');

  it('leads to the shop and back into the queue; the assertion stays neither in the address nor in the history', async () => {
    answerOf = async (state) =>
      `state=${state}&assertion=${await assertion(KEY, { sub: 'anna', queues: [service.queueId] })}`;
    const watched = await open();
    const { page, faults } = watched;
    expect([await page.locator('#user').count(), await axe(page)]).toEqual([0, []]);
    await page.click('main button.primary');
    await screen(page, 'concerts');
    expect(page.url()).toBe(`${service.url}/`);
    expect(visits.map(({ searchParams }) => searchParams.get('return_to'))).toEqual([`${service.url}/`]);
    expect(visits[0]?.searchParams.get('theme')).toBe('a');
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    await page.goBack();
    await page.waitForURL((url) => url.hash === '');
    expect(faults.filter((fault) => !fault.includes('/login?'))).toEqual([]); // the way there
  });

  it.each([
    ['refuses to sign in', (state: string) => `state=${state}&error=access_denied`],
    [
      'signs with a key that nobody knows',
      async (state: string) => `state=${state}&assertion=${await assertion(shopKey())}`,
    ],
    [
      'sends an answer to another sign-in',
      async () => `state=x&assertion=${await assertion(KEY, { queues: [service.queueId] })}`,
    ],
  ])('gives no place when the shop %s, and can be tried again', async (_what, answer) => {
    answerOf = answer;
    const watched = await open();
    const { page } = watched;
    await page.click('main button.primary');
    await page.waitForSelector('.problem:has-text("did not work")');
    expect([await axe(page), await isHere(watched)]).toEqual([[], false]);
    await page.click('main button.primary');
    await until('the user is at the shop again', () => visits.length === 2);
  });

  it('takes no assertion from a link that somebody else has made', async () => {
    const made = await assertion(KEY, { sub: 'mallory', queues: [service.queueId] });
    const watched = await open(`/#state=abc&assertion=${made}`);
    await watched.page.waitForSelector('.problem:has-text("did not work")');
    expect([await isHere(watched), new URL(watched.page.url()).hash]).toEqual([false, '']);
  });
});

describeInBrowser('a page that only the shop’s own page can put users in line for', () => {
  const app = useService(IDENTITY);
  const browser = useBrowser();

  it.each([
    ['en-GB', /own page, not here\. Go back/, 'Go back'],
    ['ko-KR', /예매처로 돌아가서/, '돌아가기'],
  ])('asks for nothing that would be refused, and leads back (%s)', async (locale, lead, back) => {
    const { page, faults } = await browser.open({ locale });
    await page.goto(`${app.url}/sw.js`); // any address before it
    await page.goto(app.url);
    await screen(page, 'sign-in');
    expect(await page.textContent('.lead')).toMatch(lead);
    expect([await page.locator('form').count(), await axe(page), await layoutFaults(page)]).toEqual([
      0,
      [],
      [],
    ]);
    expect(await page.locator('main button.primary').allTextContents()).toEqual([back]);
    await page.press('main button.primary', 'Enter');
    await page.waitForURL('**/sw.js');
    expect(faults).toEqual([]);
  });

  it('comes back to these words from a place that has expired', async () => {
    const { page } = await browser.open();
    const place = { token: 'a.b.c', userId: 1, phase: 'expired' };
    await page.addInitScript((kept) => localStorage.setItem('concert.place', JSON.stringify(kept)), place);
    await page.goto(app.url);
    await screen(page, 'expired');
    await page.click('main button.primary');
    await screen(page, 'sign-in');
    expect(await page.textContent('.lead')).toContain('own page, not here');
  });
});

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../../lab/pages/browser';
import type { GivenSeat } from '../support/rows/given';
import type { Suite } from '../support/suite';

/** Without a browser these tests are skipped: `npm test` says so. */
export const describeInBrowser = process.env.CHROMIUM === undefined ? describe.skip : describe;

/** A busy machine is slow: this only ends what hangs. */
const PATIENCE_MS = 120_000;

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** A page, and everything that it must not do. */
export interface Watched {
  page: Page;
  context: BrowserContext;
  /** Violations of the page's policy, errors of its scripts, requests to other origins. */
  faults: string[];
}

export interface BrowserSuite {
  open(options?: BrowserContextOptions): Promise<Watched>;
}

/** One browser for all tests of a file. */
export function useBrowser(): BrowserSuite {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  const contexts: BrowserContext[] = [];
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });
  afterAll(() => browser.close());
  return {
    open: async (options = {}) => {
      const context = await browser.newContext({ locale: 'en-GB', ...options });
      contexts.push(context);
      context.setDefaultTimeout(PATIENCE_MS);
      return watch(context, await context.newPage());
    },
  };
}

/** Another tab of the same person. */
export const openTab = async (context: BrowserContext): Promise<Watched> =>
  watch(context, await context.newPage());

async function watch(context: BrowserContext, page: Page): Promise<Watched> {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/.test(message.text())) faults.push(`policy: ${message.text()}`);
  });
  await page.exposeFunction('reportViolation', (what: string) => faults.push(`policy: ${what}`));
  await page.addInitScript(() => {
    const { reportViolation } = globalThis as unknown as { reportViolation: (what: string) => void };
    const target = globalThis as unknown as {
      addEventListener(name: string, on: (event: Record<string, unknown>) => void): void;
    };
    target.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      reportViolation(`${String(violatedDirective)} ${String(blockedURI)}`),
    );
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    const isOwn = page.url() === 'about:blank' || url.origin === new URL(page.url()).origin;
    if (!isOwn && url.protocol !== 'data:') faults.push(`elsewhere: ${request.url()}`);
  });
  return { page, context, faults };
}

/** Waits for a screen of the app. */
export async function screen(page: Page, name: string): Promise<void> {
  await page.waitForSelector(`[data-screen="${name}"]`);
}

/** What axe finds against WCAG 2.2 AA; empty when all is well. */
export async function axe(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(AXE);
  const violations = await page.evaluate(async (rules) => {
    const { axe: checker } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await checker.run({ runOnly: rules, resultTypes: ['violations'] })).violations;
  }, RULES);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** How far the page is wider than its window. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = (
      globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }
    ).document.documentElement;
    return scrollWidth - clientWidth;
  });

/** A queue for one test, and a concert that it sells. */
export async function concertOf(
  suite: Pick<Suite, 'admin' | 'given'>,
  queueId: string,
  seats: number,
  amount: number,
): Promise<{ id: number; title: string; seats: GivenSeat[] }> {
  const made = await suite.given.scheduleWithSeats(seats, { amount });
  await suite.admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [queueId, made.title]);
  return made;
}

export const queueName = (): string => `page-${randomBytes(4).toString('hex')}`;

/** A token of a queue that is not the main one. */
export async function enter(url: string, queueId: string, userId: number): Promise<string> {
  const answer = await fetch(`${url}/v1/api/queue/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ userId, queueId }),
  });
  return ((await answer.json()) as { data: { queueToken: string } }).data.queueToken;
}

/** The user joins the line by the page. */
export async function join(page: Page, url: string, queueId: string, userId: number): Promise<void> {
  await page.goto(`${url}/?queue=${queueId}`);
  await screen(page, 'sign-in');
  await page.fill('#user', String(userId));
  await page.press('#user', 'Enter');
  await page.waitForSelector('[data-screen]:not([data-screen="sign-in"])');
}

export const positionOn = async (page: Page): Promise<number> =>
  Number(await page.getAttribute('[data-position]', 'data-position'));

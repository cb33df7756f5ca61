import type { Page } from 'playwright-core';
import type { Role } from '../../../src/modules/organizer/operators/service';
import { givenOperator } from '../../support/rows/organizer';
import type { Suite } from '../../support/suite';
import { until } from '../../support/wait';
import type { BrowserSuite, Watched } from '../support';

/** An operator with this key signs in at a management port. */
export async function signIn(page: Page, managementUrl: string, key: string): Promise<void> {
  await page.goto(`${managementUrl}/operator`);
  await page.fill('#key', key);
  await page.press('#key', 'Enter');
  await page.waitForSelector('[data-figure="waiting"]');
}

export async function choose(page: Page, queueId: string): Promise<void> {
  await page.selectOption('.choice select', queueId);
  await page.waitForSelector(`#queue-title:has-text("${queueId}")`);
}

export const figure = (page: Page, id: string, text: string): Promise<unknown> =>
  page.waitForSelector(`[data-figure="${id}"]:has-text("${text}")`);

/** Waits for an entry of the audit: the list shows the last few at first, and other tests act meanwhile. */
export async function inAudit(page: Page, entry: string): Promise<void> {
  const more = page.locator('[data-panel="audit"] button.quiet');
  await until('the audit shows it', async () => {
    if ((await page.locator(entry).count()) > 0) return true;
    if ((await more.count()) > 0) await more.click();
    return false;
  });
}

/** Presses Tab until the element has the focus. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const isThere = await page.evaluate(
      (wanted) =>
        (
          globalThis as unknown as { document: { activeElement: { matches(s: string): boolean } } }
        ).document.activeElement.matches(wanted),
      selector,
    );
    if (isThere) return;
  }
  throw new Error(`${selector} cannot be reached by Tab`);
}

/** Operators of the suite's service, one of each role, at their page. */
export class OperatorPages {
  private readonly keys = new Map<Role, string>();

  constructor(
    private readonly app: Suite,
    private readonly browser: BrowserSuite,
  ) {}

  async keyOf(role: Role): Promise<string> {
    const key = this.keys.get(role) ?? (await givenOperator(this.app.admin, role)).key;
    this.keys.set(role, key);
    return key;
  }

  async openAs(role: Role, queueId: string, options?: Parameters<BrowserSuite['open']>[0]): Promise<Watched> {
    const watched = await this.browser.open(options);
    await signIn(watched.page, this.app.managementUrl, await this.keyOf(role));
    await choose(watched.page, queueId);
    return watched;
  }
}

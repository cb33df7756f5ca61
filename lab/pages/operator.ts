import { setTimeout as sleep } from 'node:timers/promises';
import { save } from './pictures.ts';
import type { Stage } from './stage.ts';

const USERS = 160;
const FIRST_USER = 250;
const SALE_MS = 60_000;
/** Of the demonstration: its first concert is on sale. */
const SCHEDULE_ID = 1;

/** The operator's page during a sale: real figures of the service, so that no two pictures are the same. */
export async function makeOperatorPicture(stage: Stage): Promise<void> {
  const context = await stage.browser.newContext({ viewport: { width: 1200, height: 900 }, locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(`${stage.managementUrl}/operator`);
  await page.fill('#key', stage.key);
  await page.press('#key', 'Enter');
  await page.waitForSelector('[data-figure="waiting"]');
  await sell(stage);
  await save(page, 'operator');
  await context.close();
}

/** Users come, and buy one after the other as they are admitted. */
async function sell(stage: Stage): Promise<void> {
  const endsAtMs = Date.now() + SALE_MS;
  const tokens: string[] = [];
  for (let buyer = 0; Date.now() < endsAtMs; buyer++) {
    if (tokens.length < USERS)
      for (const token of await stage.enter(FIRST_USER + tokens.length, 4)) tokens.push(token);
    await buy(stage.url, tokens[buyer] ?? '');
    await sleep(400);
  }
}

/** Nothing happens for a user whose turn has not come. */
async function buy(url: string, token: string): Promise<void> {
  const headers = { Authorization: token, 'Content-Type': 'application/json' };
  await fetch(`${url}/v1/api/queue/token/check`, { method: 'POST', headers });
  const body = JSON.stringify({ scheduleId: SCHEDULE_ID, best: { count: 2 } });
  const held = await fetch(`${url}/v1/api/orders`, { method: 'POST', headers, body });
  if (held.status !== 200) return;
  const { data } = (await held.json()) as { data: { orderId: number } };
  await fetch(`${url}/v1/api/orders/${data.orderId}/payment`, { method: 'POST', headers });
}

import { randomBytes } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { OurServer } from '../bench/lib/server.ts';

/** The service as it runs in production, with the concerts of the demonstration, and a browser. */
export interface Stage {
  browser: Browser;
  server: OurServer;
  url: string;
  managementUrl: string;
  /** The key of an operator who may do everything. */
  key: string;
  /** In this queue everybody is admitted at once. */
  queueId: string;
  /** In this one nobody is, once somebody has been. */
  stillQueueId: string;
  /** Users from `from` on get in line. @returns their tokens */
  enter(from: number, count: number, queueId?: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function openStage(env: Record<string, string | number> = {}): Promise<Stage> {
  const key = randomBytes(24).toString('base64url');
  const queueId = `pages-${randomBytes(4).toString('hex')}`; // the stores may be shared
  const stillQueueId = `${queueId}-still`;
  const server = await OurServer.start({
    ROLE: 'all',
    DATABASE_ADMIN_URL: process.env.DATABASE_ADMIN_URL ?? '',
    REDIS_URL: process.env.REDIS_URL ?? '',
    QUEUE_ID: queueId,
    QUEUE_MAX_ACTIVE: 1000,
    QUEUES: `${stillQueueId}=1`,
    MANAGEMENT_TOKEN: key,
    LOG_LEVEL: 'error',
    ...env,
  });
  const browser = await launchBrowser();
  const url = `http://127.0.0.1:${server.port}`;
  return {
    browser,
    server,
    url,
    managementUrl: `http://127.0.0.1:${server.managementPort}`,
    key,
    queueId,
    stillQueueId,
    enter: (from, count, queue = queueId) => enterAll(url, from, count, queue),
    close: async () => {
      await browser.close();
      await server.stop();
    },
  };
}

/** Of so few at once nobody is refused. */
const AT_ONCE = 20;

async function enterAll(url: string, from: number, count: number, queueId: string): Promise<string[]> {
  const tokens: string[] = [];
  while (tokens.length < count) {
    const users = Array.from(
      { length: Math.min(AT_ONCE, count - tokens.length) },
      (_, i) => from + tokens.length + i,
    );
    const entered = await Promise.all(users.map((userId) => enter(url, userId, queueId)));
    for (const token of entered) tokens.push(token);
  }
  return tokens;
}

async function enter(url: string, userId: number, queueId: string): Promise<string> {
  const answer = await fetch(`${url}/v1/api/queue/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ userId, queueId }),
  });
  if (answer.status !== 200) throw new Error(`A token was refused: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { data: { queueToken: string } }).data.queueToken;
}

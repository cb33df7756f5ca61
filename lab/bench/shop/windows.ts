import { setTimeout as sleep } from 'node:timers/promises';
import { ask, emptyDatabase } from '../lib/database.ts';
import { mixedLoad } from '../lib/load.ts';
import { type Benchmark, once, type Result } from '../lib/results/result.ts';
import { OurServer } from '../lib/server.ts';
import { Line } from '../lib/sales/line.ts';
import { Holds, QUEUE } from './holds.ts';

const ATTEMPTS = 100_000;
const SEATS = 2 * ATTEMPTS;
const CONNECTIONS = 64;
const ROUND_SECONDS = 5;
const MOST_ROUNDS = 24;
/** A window opens this long after it was set, lasts as long, and as much later comes the next: no attempt is far from an edge. */
const STEP_MS = 150;

/** Moves the window of all schedules again and again, and keeps each. */
class Windows {
  private isOver = false;
  private moving: Promise<void> = Promise.resolve();
  count = 0;

  async start(): Promise<void> {
    await ask(
      'CREATE TEMPORARY TABLE given_window (opens_at DATETIME(3) NOT NULL, closes_at DATETIME(3) NOT NULL)',
    );
    this.moving = this.move();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.moving;
  }

  private async move(): Promise<void> {
    while (!this.isOver) {
      await ask(`UPDATE concert_schedule SET opens_at = NOW(3) + INTERVAL ${STEP_MS * 1000} MICROSECOND,
                                             closes_at = NOW(3) + INTERVAL ${2 * STEP_MS * 1000} MICROSECOND`);
      await ask('INSERT INTO given_window SELECT opens_at, closes_at FROM concert_schedule LIMIT 1');
      this.count++;
      await sleep(3 * STEP_MS);
    }
  }

  /** Holds that were made in no window that there was, or in another than their row has kept. */
  async violations(): Promise<{ holds: number; outside: number }> {
    const [row] = await ask<{ holds: number | bigint; outside: number | bigint }>(`
      SELECT COUNT(*) AS holds,
             SUM(NOT EXISTS (SELECT 1 FROM given_window w
                              WHERE r.sale_opens_at = w.opens_at AND r.sale_closes_at = w.closes_at
                                AND r.reserved_at >= w.opens_at AND r.reserved_at < w.closes_at)) AS outside
        FROM reservation r`);
    await ask('DROP TEMPORARY TABLE given_window');
    return { holds: Number(row?.holds), outside: Number(row?.outside) };
  }
}

/** Attempts around the edges of many short windows: what is sold, is sold inside of one, by the database's clock. */
async function run(): Promise<Result[]> {
  await emptyDatabase();
  const line = await Line.start();
  const holds = await Holds.of(line, SEATS);
  const server = await OurServer.start(QUEUE);
  const windows = new Windows();
  await windows.start();
  const byStatus: Record<string, number> = {};
  let attempts = 0;
  for (let round = 0; attempts < ATTEMPTS && round < MOST_ROUNDS; round++) {
    const load = { file: holds.file, wrap: false, first: holds.next, connections: CONNECTIONS };
    const tried = await mixedLoad({ ...load, port: server.port, seconds: ROUND_SECONDS, giveUpMs: 10_000 });
    holds.next = tried.used;
    for (const [status, count] of Object.entries(tried.byStatus))
      byStatus[status] = (byStatus[status] ?? 0) + count;
    attempts = (byStatus['200'] ?? 0) + (byStatus['409'] ?? 0);
  }
  await windows.stop();
  await server.stop();
  await line.close();
  const { holds: made, outside } = await windows.violations();
  if (attempts < ATTEMPTS) throw new Error(`Only ${attempts} attempts in ${MOST_ROUNDS * ROUND_SECONDS} s.`);
  if (made === 0) throw new Error('Nothing was sold in any window.');
  const statuses = Object.entries(byStatus).map(
    ([status, count]) => `${status}: ${count.toLocaleString('en')}`,
  );
  return [
    once('window-edges', outside, {
      unit: 'holds',
      target: { atMost: 0 },
      counted: 'holds outside of their window',
      notes: [
        `${attempts.toLocaleString('en')} attempts around ${2 * windows.count} edges (${statuses.join(', ')}), ${made.toLocaleString('en')} holds made`,
      ],
    }),
  ];
}

export const windowEdges: Benchmark = {
  names: ['window-edges'],
  about: '100,000 attempts around the edges of sales windows',
  run,
};

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import request from 'supertest';
import { AfterSaleService } from '../../src/modules/after-sale/service';
import type { SaleReport } from '../../src/modules/after-sale/schema';
import { at } from '../support/at';
import { Buyer } from '../support/clients/buyer';
import { runTool } from '../support/servers/tool';
import { useService } from '../support/suite';
import { until } from '../support/wait';

const QUEUE = `sale-${randomBytes(4).toString('hex')}`;
const PRICE = 100;
const SEATS = 3;
const ROOT = join(__dirname, '../..');

describe('the report of a sale that the product has made', () => {
  const app = useService({ QUEUES: `${QUEUE}=2`, QUEUE_PRESENCE_TIMEOUT_SECONDS: 600 });
  const folder = mkdtempSync(join(tmpdir(), 'after-sale-'));
  let scheduleId: number;

  const reportOf = (of: number | undefined): Promise<SaleReport> =>
    app.service.container
      .resolve(AfterSaleService)
      .report({ queueId: QUEUE, scheduleId: of, sinceMs: -Infinity, untilMs: Infinity });

  const enter = async (): Promise<Buyer> => {
    const buyer = new Buyer(app.url, await app.given.user(PRICE));
    const { userId } = buyer;
    const answer = await request(app.url).post('/v1/api/queue/token').send({ userId, queueId: QUEUE });
    buyer.token = (answer.body as { data: { queueToken: string } }).data.queueToken;
    return buyer;
  };

  /** Five users for three seats, two of them active at once. */
  beforeAll(async () => {
    const { id, title, seats } = await app.given.scheduleWithSeats(SEATS, { amount: PRICE });
    await app.admin.execute('UPDATE concert SET queue_id = ? WHERE title = ?', [QUEUE, title]);
    scheduleId = id;
    const buyers = [];
    for (let i = 0; i < 5; i++) buyers.push(await enter());
    for (const [i, { id: seatId }] of seats.entries()) {
      const buyer = at(buyers, i);
      await until('it is active', async () => {
        const { data } = (await buyer.check()).body as { data: { status: string } };
        return data.status === 'PROGRESS';
      });
      await buyer.pay(await buyer.hold(id, seatId));
    }
    await until('the log tells the last payment', async () => {
      const { counts, admitted } = await reportOf(id).catch(() => ({ counts: undefined, admitted: 0 }));
      return counts?.ends.paid === SEATS && admitted === 5;
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has every entry, admission, end and seat', async () => {
    const report = await reportOf(scheduleId);
    expect(report).toMatchObject({
      queueId: QUEUE,
      halls: [{ scheduleId, seats: SEATS }],
      admitted: 5,
      refused: { absent: 0, notReached: 0 },
      sold: SEATS,
      returned: 0,
      won: SEATS * PRICE,
      waits: { count: 5 },
      counts: { issued: 5, ends: { paid: SEATS, expired: 0 }, gaps: 0, restores: 0 },
      limits: [{ source: 'fixed', limit: 2, rate: null }],
    });
    const { next, rejoined, free } = report.counts.admissions;
    expect([free, next + rejoined]).toEqual([2, 3]);
    expect(report.soldOutAfterSeconds).toBeGreaterThan(0);
    expect(report.minutes.reduce((sum, { sold }) => sum + sold, 0)).toBe(SEATS);
  });

  it('is written as CSV, JSON and one page that needs no other file', async () => {
    const args = ['--queue', QUEUE, '--schedule', String(scheduleId), '--out', folder];
    expect(await runTool('report', args)).toMatchObject({ code: 0, stderr: '' });
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const [head = '', first = ''] = read('minutes.csv').split('\r\n');
    expect(head).toBe('minute,issued,admitted,paid,ended,sold,returned,won,waiting,active,limit,freeSeats');
    expect(first.startsWith('0,')).toBe(true);
    expect(read('limits.csv')).toContain(',fixed,2,');
    expect(read('waits.csv').split('\r\n')[1]).toMatch(/^wait,5,/);
    expect(read('chances.csv').split('\r\n')).toHaveLength(5);
    await promisify(execFile)(process.execPath, [join(ROOT, 'k6/runner/after-sale.ts'), folder], {
      cwd: ROOT,
    });
    const page = read('report.html');
    expect(page).toContain('3 seats sold for 300 won');
    expect(page).toContain(`schedule ${scheduleId}`);
    expect(page).toContain('prefers-color-scheme:dark');
    expect(page).not.toMatch(/<(script|link|img)[^>]+(src|href)=/);
  });

  it('stays the same after the concert has moved to another queue', async () => {
    const before = await reportOf(undefined);
    await app.admin.execute(
      'UPDATE concert c JOIN concert_schedule d ON d.concert_id = c.id SET c.queue_id = NULL WHERE d.id = ?',
      [scheduleId],
    );
    expect(await reportOf(undefined)).toEqual(before);
  });

  it('is refused for a queue without a log, and a schedule of another queue', async () => {
    const other = (await app.given.scheduleWithSeats(1)).id;
    await expect(reportOf(other)).rejects.toThrow(`Schedule ${other} of queue ${QUEUE} does not exist.`);
    const none = await runTool('report', ['--queue', 'nothing-here', '--out', folder]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('does not exist') as string });
    const wrong = await runTool('report', ['--since', 'noon', '--out', folder]);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--since must be a time') as string,
    });
  });
});

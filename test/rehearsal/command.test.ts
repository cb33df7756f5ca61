import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Scratch } from '../support/rows/scratch';
import { startTestService } from '../support/service';

const ROOT = join(__dirname, '../..');
const QUEUE = `rehearsal-${randomBytes(4).toString('hex')}`;
const ID = `rehearse-${randomBytes(4).toString('hex')}`;

describe('npm run load -- rehearse', () => {
  let scratch: Scratch;
  let service: Awaited<ReturnType<typeof startTestService>>;

  beforeAll(async () => {
    scratch = await Scratch.migrated();
    service = await startTestService({ ...scratch.env, QUEUES: `${QUEUE}=100` });
  });
  afterAll(async () => {
    rmSync(join(ROOT, 'results', ID), { recursive: true, force: true });
    await service.stop();
    await scratch.drop();
  });

  /** Without its launcher: the services are there already. */
  const rehearse = (args: string): Promise<{ code: unknown; output: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, LOAD_K6: process.env.K6 ?? 'k6', ...scratch.env, BASE_URL: service.url };
      const command = [join(ROOT, 'k6/runner/main.ts'), 'rehearse', ...args.split(' ')];
      execFile(process.execPath, command, { cwd: ROOT, env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, output: stdout + stderr });
      });
    });

  it('sells all hidden seats, gives its verdict, and removes what it has made', async () => {
    const users = '--users 20 --seats 10 --real-seats 100 --real-buyers 500';
    const { code, output } = await rehearse(
      `${users} --queue ${QUEUE} --id ${ID} --minutes 1 THINK=0.05 ABANDON_SHARE=0 P99_MS=20000`, // a busy machine is slow
    );
    expect(output).not.toContain('INVARIANT');
    expect([code, output]).toEqual([0, expect.stringMatching(/\nobjective kept: .*; .*capacity.*/)]);
    expect(output).toContain('tickets_sold 10');
    const [row] = await scratch.admin.query<Record<string, unknown>>(
      `SELECT (SELECT COUNT(*) FROM member) AS users, (SELECT COUNT(*) FROM concert) AS concerts,
              (SELECT COUNT(*) FROM payment) AS payments, user_count AS rehearsed, removed_at IS NOT NULL AS isRemoved
         FROM rehearsal`,
    );
    expect(row).toEqual({ users: 0, concerts: 0, payments: 0, rehearsed: 20, isRemoved: 1 });
    expect(readFileSync(join(ROOT, 'results', ID, 'report.html'), 'utf8')).toContain('<h2>Rehearsal</h2>');
  });

  it('is refused where the product has no such queue', async () => {
    const { code, output } = await rehearse('--users 1 --seats 1 --queue nobodys');
    expect([code, output]).toEqual([
      1,
      expect.stringContaining('The product has no queue nobodys: a rehearsal needs one that no buyer is in.'),
    ]);
  });
});

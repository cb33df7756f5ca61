import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import type { RehearsalView } from '../../src/modules/rehearsal/schema';
import { Scratch } from '../support/rows/scratch';
import { runTool } from '../support/servers/tool';
import { startTestService } from '../support/service';
import { until } from '../support/wait';

const ROOT = join(__dirname, '../..');
const QUEUE = `rehearsal-${randomBytes(4).toString('hex')}`;
/** A queue is not rehearsed in again before the users of the last time have left it. */
const [ASKED, REFUSED] = [`${QUEUE}-asked`, `${QUEUE}-refused`];
const ID = `rehearse-${randomBytes(4).toString('hex')}`;
const MANAGEMENT_TOKEN = randomBytes(32).toString('base64url');
const QUICK = ['THINK=0.05', 'ABANDON_SHARE=0', 'P99_MS=20000']; // a busy machine is slow

/** The installation takes a proof of work for each token: nobody computes one for test users. */
describe('npm run load -- rehearse', () => {
  let scratch: Scratch;
  let requested = 0;
  let child: ChildProcess | undefined;
  let service: Awaited<ReturnType<typeof startTestService>>;

  beforeAll(async () => {
    scratch = await Scratch.migrated();
    const env = {
      ...scratch.env,
      QUEUES: `${QUEUE}=100,${ASKED}=100,${REFUSED}=100`,
      TOKEN_GATE: 'proof-of-work',
      MANAGEMENT_TOKEN,
    };
    service = await startTestService(env);
  });
  afterAll(async () => {
    for (const id of [ID, `${ID}-refused`, `${ID}-${requested}`])
      rmSync(join(ROOT, 'results', id), { recursive: true, force: true });
    await service.stop();
    await scratch.drop();
  });

  afterEach(() => child?.kill('SIGKILL'));

  const runner = (args: string[], env: Record<string, string> = { MANAGEMENT_TOKEN }) => ({
    args: [join(ROOT, 'k6/runner/main.ts'), 'rehearse', ...args],
    options: {
      cwd: ROOT,
      env: { ...process.env, LOAD_K6: process.env.K6 ?? 'k6', ...scratch.env, BASE_URL: service.url, ...env },
    },
  });
  /** Without its launcher: the services are there already. */
  const rehearse = (
    words: string,
    env?: Record<string, string>,
  ): Promise<{ code: unknown; output: string }> =>
    new Promise((resolve) => {
      const { args, options } = runner(words.split(' '), env);
      execFile(process.execPath, args, options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, output: stdout + stderr });
      });
    });
  const admin = (method: 'get' | 'post', path = '') =>
    request(service.url)[method](`/v1/admin/rehearsals${path}`).auth(MANAGEMENT_TOKEN, { type: 'bearer' });
  const rehearsals = async (): Promise<RehearsalView[]> =>
    ((await admin('get')).body as { data: RehearsalView[] }).data;

  it('sells all hidden seats, gives its verdict, and removes what it has made', async () => {
    const users = '--users 20 --seats 10 --real-seats 100 --real-buyers 500';
    const { code, output } = await rehearse(
      `${users} --queue ${QUEUE} --id ${ID} --minutes 1 ${QUICK.join(' ')}`,
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
    const outcome = { isKept: true, sold: 10 };
    expect(await rehearsals()).toMatchObject([{ state: 'DONE', requestedBy: null, outcome }]);
  });

  it('does what an operator has asked for, and the operator reads what it has shown', async () => {
    const body = { queueId: ASKED, users: 5, seats: 2, waitMinutes: 1, reason: 'before the sale' };
    const asked = await admin('post').send(body).expect(200);
    const { rehearsalId, state } = (asked.body as { data: RehearsalView }).data;
    expect(state).toBe('WAITING');
    requested = rehearsalId;
    await admin('post').send(body).expect(409); // one at a time
    await admin('post')
      .send({ ...body, queueId: 'nobodys' })
      .expect(404);
    await admin('post')
      .send({ ...body, users: 0 })
      .expect(400);
    const { args, options } = runner(['--requests', '--id', ID, ...QUICK]);
    child = spawn(process.execPath, args, { ...options, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const find = async (): Promise<RehearsalView | undefined> =>
      (await rehearsals()).find((one) => one.rehearsalId === rehearsalId);
    await until('the rehearsal has ended', async () => (await find())?.endedAt !== null);
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    const acts = await scratch.admin.query(
      `SELECT act, reason FROM audit WHERE subject = 'rehearsal:${rehearsalId}' ORDER BY id`,
    );
    expect(acts).toEqual([
      { act: 'rehearsal.request', reason: 'before the sale' },
      { act: 'rehearsal.pass', reason: null },
    ]);
    expect(await find()).toMatchObject({ state: 'DONE', failure: null, outcome: { sold: 2, isKept: true } });
  });

  it('that was canceled does not begin', async () => {
    const body = { queueId: REFUSED, users: 5, seats: 2, reason: 'a mistake' };
    const { data } = (await admin('post').send(body).expect(200)).body as { data: RehearsalView };
    const cancel = () => admin('post', `/${data.rehearsalId}/cancellation`).send({ reason: 'a mistake' });
    const canceled = [await cancel().expect(200), await cancel().expect(200)];
    for (const { body: answer } of canceled) expect(answer).toMatchObject({ data: { state: 'CANCELED' } });
    await admin('post', `/${data.rehearsalId}/pass`).expect(409);
    const older = (await admin('get', `?before=${data.rehearsalId}`)).body as { data: RehearsalView[] };
    expect(older.data.map(({ rehearsalId }) => rehearsalId)).toEqual(
      (await rehearsals()).slice(1).map(({ rehearsalId }) => rehearsalId),
    );
    await admin('get', '?before=x').expect(400);
    expect(await runTool('rehearsal', ['next'], scratch.env)).toMatchObject({ code: 0, stdout: '{}\n' });
    const prepared = await runTool(
      'rehearsal',
      ['prepare', '--rehearsal', String(data.rehearsalId)],
      scratch.env,
    );
    expect(prepared).toMatchObject({ code: 1, stderr: expect.stringContaining('was canceled') as unknown });
  });

  it('is refused where tokens cost something and no operator lets its users pass', async () => {
    const args = `--users 1 --seats 1 --queue ${REFUSED} --id ${ID}-refused`;
    const { code, output } = await rehearse(args, { MANAGEMENT_TOKEN: '' });
    expect([code, output]).toEqual([1, expect.stringContaining('Test users get no token here (403')]);
    expect((await rehearsals())[0]).toMatchObject({
      state: 'FAILED',
      failure: expect.stringContaining('Give MANAGEMENT_URL and MANAGEMENT_TOKEN') as unknown,
    });
  });

  it('is refused where the product has no such queue', async () => {
    const { code, output } = await rehearse('--users 1 --seats 1 --queue nobodys');
    expect([code, output]).toEqual([
      1,
      expect.stringContaining('The product has no queue nobodys: a rehearsal needs one that no buyer is in.'),
    ]);
  });
});

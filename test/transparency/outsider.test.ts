import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { uniqueQueueId } from '../support/config';
import { useService } from '../support/suite';
import { until } from '../support/wait';

const QUEUE = uniqueQueueId();
const ENTRIES = 6;
const ROOT = join(__dirname, '../..');

/** The steps of docs/transparency.md, with the program and what anybody can read. */
describe('an outsider audits a sale', () => {
  const app = useService({ QUEUE_ID: QUEUE, QUEUE_MAX_ACTIVE: 2 });
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const log = (): string => `${app.url}/v1/api/transparency/${QUEUE}`;
  const get = async (path: string): Promise<string> => (await request(log()).get(`/${path}`)).text;
  const file = (name: string): string => join(folder, name);
  const auditOf = (where: string, ...args: string[]): Promise<{ code: unknown; output: string }> =>
    new Promise((resolve) => {
      const program = [join(ROOT, 'lab/audit/main.ts'), where, ...args];
      execFile(process.execPath, program, { cwd: folder }, (error, stdout) =>
        resolve({ code: error === null ? 0 : error.code, output: stdout }),
      );
    });
  const audit = (...args: string[]) => auditOf(log(), ...args);

  it('by the key, a checkpoint and a receipt that were kept, and others than those are not of this log', async () => {
    let token = '';
    for (let i = 0; i < ENTRIES; i++) {
      const body = { userId: await app.given.user() };
      const answer = await request(app.url).post('/v1/api/queue/token').send(body).expect(200);
      token = (answer.body as { data: { queueToken: string } }).data.queueToken;
    }
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    const { seq, gen } = JSON.parse(payload) as { seq: number; gen: number };
    const inclusion = `inclusion?seq=${seq}&generation=${gen}`;
    const receipt = await until('the last entry is in the log', async () => {
      const answer = await request(log()).get(`/${inclusion}`);
      return answer.status === 200 && (answer.body as { data: { checkpoint: string } }).data;
    });
    for (const bad of ['0x1', '1e0', '1.0', '%201', '+1', '', '9007199254740993'])
      await request(log()).get(`/inclusion?seq=${bad}&generation=${gen}`).expect(400);
    const key = (await get('key')).trim();
    writeFileSync(file('during.txt'), receipt.checkpoint);
    writeFileSync(file('receipt.json'), JSON.stringify(receipt));

    const kept = ['--key', key, '--checkpoint', file('during.txt'), '--receipt', file('receipt.json')];
    const first = await audit(...kept, '--keep', file('kept.json'));
    expect(first.output).toContain('It has grown out of 2 checkpoints');
    expect(first.output).toContain(`Issued ${ENTRIES}, admitted 2`);
    expect([first.code, first.output]).toEqual([0, expect.stringContaining('everything is as it must be')]);

    const saved = JSON.parse(readFileSync(file('kept.json'), 'utf8')) as { key: string };
    expect(saved.key).toBe(key);
    const other = { ...receipt, leaf: receipt.checkpoint };
    writeFileSync(file('other.json'), JSON.stringify(other));
    const second = await audit('--keep', file('kept.json'), '--receipt', file('other.json'));
    expect([second.code, second.output]).toEqual([
      1,
      expect.stringMatching(/leaf \d+ is not the one of a receipt/),
    ]);
    const forged = await audit('--key', key.replace(/.{8}$/, 'AAAAAAA='));
    expect(forged.code).toBe(1);
  });

  it('learns that the address is wrong, and not that the log is', async () => {
    const [other, unreachable] = await Promise.all([
      auditOf(`${log()}-other`),
      auditOf('http://127.0.0.1:1/log'),
    ]);
    expect(other).toEqual({ code: 2, output: expect.stringContaining('correct the address') as string });
    expect(unreachable).toEqual({
      code: 2,
      output: 'http://127.0.0.1:1/log/key cannot be read: bad port\n',
    });
  });
});

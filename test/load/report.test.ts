import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from '../../k6/runner/options';
import { Given } from '../support/rows/given';
import { Scratch } from '../support/rows/scratch';

const root = join(__dirname, '..', '..');
const USERS = 50;

interface Ended {
  code: number;
  output: string;
}

/** `npm run load` without its launcher: the services are there already. */
function load(args: string[], env: Record<string, string>): Promise<Ended> {
  const all = { ...process.env, LOAD_K6: process.env.K6 ?? 'k6', QUEUE_MAX_ACTIVE: '100', ...env };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'k6', 'runner', 'main.ts'), ...args],
      { cwd: root, env: all },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
      },
    );
  });
}

describe('npm run load', () => {
  /** Its invariants are checked: no other test makes its rows there meanwhile. */
  let scratch: Scratch;
  const id = `test-${process.pid}`;
  const folder = join(root, 'results', id);
  const run = (args: string[]): Promise<Ended> => load(args, scratch.env);

  beforeAll(async () => {
    scratch = await Scratch.migrated();
    await scratch.admin.execute(`INSERT INTO member (id, name) SELECT seq, 'User' FROM seq_1_to_${USERS}`);
    await new Given(scratch.admin).scheduleWithSeats(500); // more than users: as many are admitted as find a seat
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await scratch.drop();
  });

  it('runs the study and leaves a report that needs no other file', async () => {
    const { code, output } = await run([
      'study',
      '--id',
      id,
      `USERS=${USERS}`,
      'DURATION_SCALE=0.1',
      'P95_MS=20000',
      'P99_MS=20000', // a busy machine is slow
    ]);
    expect([code, output]).toEqual([0, expect.stringContaining('all invariants hold')]);
    expect(output).toMatch(/requests\/s +\d+ waiting +\d+ active/); // progress meanwhile

    const html = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(html).not.toMatch(/(src|href)=/);
    const figures = [...html.matchAll(/<figcaption>(.*?) \(/g)].map(([, title]) => title);
    expect(figures).toEqual(
      expect.arrayContaining([
        'How fast are the answers?',
        'Which endpoint is slow?',
        'How much is asked?',
        'Who waits, and who is active?',
        'Does the event loop stall?',
        'How busy is the process?',
      ]),
    );
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    for (const [, path] of html.matchAll(/<path d="([^"]*)"/g)) expect(path).toMatch(/^M/);
    for (const [, json = ''] of html.matchAll(/<script type="application\/json">(.*?)<\/script>/g))
      expect(Object.keys(JSON.parse(json) as object)).toEqual(['unit', 'seconds', 'gapSeconds', 'series']);

    const markdown = readFileSync(join(folder, 'report.md'), 'utf8');
    for (const endpoint of ['token', 'check', 'schedule', 'seat'])
      expect(markdown).toMatch(new RegExp(`^\\| ${endpoint} \\| [\\d,]+ \\|`, 'm'));
    expect(markdown).toContain('published, improved');
    const of = (row: string): number =>
      Number(new RegExp(`^\\| ${row} \\| ([\\d,.]+)`, 'm').exec(markdown)?.[1]?.replaceAll(',', ''));
    expect(of('visits')).toBeGreaterThan(0);
    expect(of('requests')).toBeGreaterThan(3 * of('visits'));
    expect(of('positions that went back')).toBe(0);
  });

  it('compares runs, and writes a report again', async () => {
    const compared = await run(['compare', id, id, '--gate']);
    expect(compared.code).toBe(0); // nothing is worse than itself
    expect(compared.output).toMatch(new RegExp(`^\\|  \\| ${id} \\| ${id} \\|`));
    const [first, second] = /\| p99 ms \| (\S+) \| (\S+) \|/.exec(compared.output)?.slice(1) ?? [];
    expect(first).toBe(second);
    expect(compared.output).toMatch(/^\| p99 of a second, ms \| (\S+) \| \1 \| 1 \(/m);
    const before = readFileSync(join(folder, 'report.html'), 'utf8');
    rmSync(join(folder, 'report.html'));
    expect((await run(['report', id])).code).toBe(0);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe(before);
  });

  it.each([
    [['nothing'], 'There is no scenario "nothing".'],
    [['study', 'users=5'], '"users=5" is not NAME=value.'],
    [['study', '--id', '../up'], '--id: 1 to 50 letters'],
    [['study', '--gate'], 'study takes no --gate.'],
    [['breaker', 'BASE_URL=http://127.0.0.1:1'], 'without BASE_URL'],
  ])('refuses %j and says why', (args, reason) => {
    expect(() => readArguments(args)).toThrow(reason);
  });

  it('says what is wrong in a line, with exit code 1', async () => {
    const { code, output } = await run(['compare', 'one', 'two']);
    expect([code, output]).toEqual([1, expect.stringMatching(/^There is no run one in results\/.$/m)]);
  });

  it('passes on that thresholds were missed, as k6 does', async () => {
    const missed = `${id}-missed`;
    const { code, output } = await run(['token', '--id', missed, 'DURATION=2s', 'RATE=5', 'USERS=10000000']);
    rmSync(join(root, 'results', missed), { recursive: true, force: true });
    expect([code, output]).toEqual([99, expect.stringMatching(/\d+ of \d+ thresholds missed/)]);
  });
});

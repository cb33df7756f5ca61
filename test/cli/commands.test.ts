import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';

const { closest } = jest.requireActual<{ closest: (word: string, known: string[]) => string | undefined }>(
  '../../scripts/lib/closest',
);
import { closest as closestOfProduct } from '../../src/config/closest';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const root = join(__dirname, '../..');

/** A command of package.json, without npm. */
function run(script: string, args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'scripts', `${script}.js`), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (ended.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (ended.stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ ...ended, code });
    });
  });
}

const WRONG: [script: string, args: string, words: string][] = [
  ['start', 'x', 'There is no "x"'],
  ['test', 'test/nosuch', 'There is no test/nosuch'],
  ['test-cluster', 'x', 'There is no "x"'],
  ['bench', 'nosuch', 'There is no benchmark "nosuch"'],
  ['bench', 'isue', 'Did you mean "issue"?'],
  ['bench', '--rounds 0x5', '--rounds must be'],
  ['load', 'spike PEEK=2000', 'Did you mean "PEAK"?'],
  ['load', 'study PEAK=2000', 'No script here reads PEAK'],
  ['load', 'spyke', 'Did you mean "spike"?'],
  ['load', '', 'Which scenario?'],
  ['fuzz', 'x', 'There is no "x"'],
  ['simulate', '--chekc x', "Unknown option '--chekc'"],
  ['faults', 'nosuch', 'There is no nemesis "nosuch"'],
  ['faults', '--sede 5', "Unknown option '--sede'"],
  ['doors', 'nosuch', 'There is no shape "nosuch"'],
  ['mutate', 'mony', 'Did you mean "money"?'],
  ['mutate', '--only texts', 'Did you mean "text"?'],
  ['services', 'frobnicate', 'There is no "frobnicate"'],
  ['services', 'up --kafak', 'Did you mean "--kafka"?'],
  ['services', 'constructor', 'There is no "constructor"'],
  ['build', '--froce', 'Did you mean "--force"?'],
  ['charts', '--bogus', "Unknown option '--bogus'"],
  ['cluster', 'depoly', 'Did you mean "deploy"?'],
  ['cluster', 'load studdy', 'Did you mean "study"?'],
  ['cluster', 'up x', 'up takes no x'],
  ['experiment', 'rolout', 'Did you mean "rollout"?'],
  ['sbom', 'x', 'There is no "x"'],
  ['dashboards', '--chekc', 'Did you mean "--check"?'],
  ['tool', 'config --chekc', 'Did you mean "--check"?'],
  ['tool', 'migrate sideways', 'There is no command "sideways"'],
  ['tool', 'migrate statsu', 'Did you mean "status"?'],
  ['tool', 'seed --usrs 5', 'Did you mean "--users"?'],
  ['tool', 'seed --users 1e3', '--users must be a whole number'],
  ['tool', 'verify --jsno', 'Did you mean "--json"?'],
  ['tool', 'queue puase', 'Did you mean "pause"?'],
  ['tool', 'queue limit 0x10', 'limit must be a whole number'],
];

const HELPS = [...new Set(WRONG.map(([script]) => script))].filter((script) => script !== 'tool');

const split = (args: string): string[] => args.split(' ').filter((one) => one !== '');

/** As many at once as there are cores. */
async function inTurn<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      results[next[0]] = await work(next[1]);
  };
  await Promise.all(cpus().map(worker));
  return results;
}

describe('each command', () => {
  it('refuses what it does not know before it does anything, with exit code 2', async () => {
    const ends = await inTurn(WRONG, ([script, args]) => run(script, split(args)));
    for (const [index, [script, args, words]] of WRONG.entries())
      expect({ script, args, ...ends[index] }).toMatchObject({
        ...{ script, args, code: 2, stdout: '' },
        stderr: expect.stringContaining(words) as string,
      });
    const steps = ends.filter(({ stderr }) => /^\[ *[\d.]+ s\]|MODULE_TYPELESS|\n {4}at /m.test(stderr));
    expect(steps).toEqual([]); // nothing was installed, built or started
  }, 240_000);

  it('shows its usage for --help, on stdout, with exit code 0', async () => {
    const commands = [
      ...HELPS.map((it) => [it]),
      ...['migrate', 'seed', 'verify', 'queue', 'config'].map((it) => ['tool', it]),
    ];
    const ends = await inTurn(commands, ([script = '', ...tool]) => run(script, [...tool, '--help']));
    for (const [index, command] of commands.entries())
      expect({ command, ...ends[index] }).toMatchObject({
        ...{ command, code: 0, stderr: '' },
        stdout: expect.stringContaining(command.at(-1)?.replace('-', ':') ?? '') as string,
      });
  }, 240_000);
});

describe('npm start', () => {
  it('refuses wrong addresses by their variables', async () => {
    const wrong: [Record<string, string>, RegExp][] = [
      [{ PORT: '0x10' }, /PORT is "0x10"/],
      [{ PORT: ' ' }, /PORT is " "/],
      [{ MANAGEMENT_PORT: '65536' }, /MANAGEMENT_PORT is "65536"/],
      [{ HOST: '203.0.113.9', PORT: '0' }, /HOST "203.0.113.9" cannot be listened on/],
    ];
    for (const [env, words] of wrong) {
      const { code, stderr } = await run('start', [], env);
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(words) as string });
    }
  }, 120_000);
});

it('the scripts suggest what the product suggests', () => {
  const known = ['QUEUE_MAX_ACTIVE', 'PORT', 'status', 'pause', 'load'];
  for (const word of ['QUEUE_MAX_ACTIV', 'PROT', 'stauts', 'puase', 'laod', 'x', '', 'nothing like it'])
    expect(closest(word, known)).toBe(closestOfProduct(word, known));
  expect(closest('QUEUE_MAX_ACTIV', known)).toBe('QUEUE_MAX_ACTIVE');
  expect(closest('nothing', known)).toBeUndefined();
});

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { closest as closestOfProduct } from '../../src/config/closest';

const { closest } = jest.requireActual<{ closest: (word: string, known: string[]) => string | undefined }>(
  '../../scripts/lib/arguments/closest',
);

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
  ['check', '--fxi', 'Did you mean "--fix"?'],
  ['check', 'confgi', 'Did you mean "config"?'],
  ['check', 'config --chekc', 'Did you mean "--check"?'],
  ['check-clone', '--qick', 'Did you mean "--quick"?'],
  ['services', 'frobnicate', 'There is no "frobnicate"'],
  ['services', 'up --kafak', 'Did you mean "--kafka"?'],
  ['services', 'constructor', 'There is no "constructor"'],
  ['db', 'migrat', 'Did you mean "migrate"?'],
  ['db', 'migrate sideways', 'There is no command "sideways"'],
  ['db', 'migrate statsu', 'Did you mean "status"?'],
  ['db', 'seed --usrs 5', 'Did you mean "--users"?'],
  ['db', 'seed --users 1e3', '--users must be a whole number'],
  ['db', 'verify --jsno', 'Did you mean "--json"?'],
  ['queue', 'puase', 'Did you mean "pause"?'],
  ['queue', 'limit 0x10', 'limit must be a whole number'],
  ['queue', 'reprot', 'Did you mean "report"?'],
  ['queue', 'report', '--out FOLDER is missing'],
  ['load', 'spike PEEK=2000', 'Did you mean "PEAK"?'],
  ['load', 'study PEAK=2000', 'No script here reads PEAK'],
  ['load', 'spyke', 'Did you mean "spike"?'],
  ['load', '', 'Which scenario?'],
  ['cluster', 'depoly', 'Did you mean "deploy"?'],
  ['cluster', 'load studdy', 'Did you mean "study"?'],
  ['cluster', 'up x', 'up takes no x'],
  ['cluster', 'test x', 'There is no "x"'],
  ['cluster', 'charts --bogus', "Unknown option '--bogus'"],
  ['cluster', 'dashboards --chekc', 'Did you mean "--check"?'],
  ['cluster', 'sbom x', 'There is no "x"'],
  ['experiment', 'rolout', 'Did you mean "rollout"?'],
  ['lab', 'bnech', 'Did you mean "bench"?'],
  ['lab', '', 'the subcommand is missing'],
  ['lab', 'bench nosuch', 'There is no benchmark "nosuch"'],
  ['lab', 'bench isue', 'Did you mean "issue"?'],
  ['lab', 'bench --rounds 0x5', '--rounds must be'],
  ['lab', 'faults nosuch', 'There is no nemesis "nosuch"'],
  ['lab', 'faults --sede 5', "Unknown option '--sede'"],
  ['lab', 'fuzz x', 'There is no "x"'],
  ['lab', 'mutation mony', 'Did you mean "money"?'],
  ['lab', 'mutation --only texts', 'Did you mean "text"?'],
  ['lab', 'capacity --chekc x', "Unknown option '--chekc'"],
  ['lab', 'admission nosuch', 'There is no scenario "nosuch"'],
  ['build', '--froce', 'Did you mean "--force"?'],
];

/** Commands and subcommands, as package.json and the tables in scripts/ name them. */
const COMMANDS = [
  'start',
  'test',
  'check',
  'check config',
  'check-clone',
  'services',
  'queue',
  'load',
  'experiment',
  'db',
  'db migrate',
  'db seed',
  'db verify',
  'cluster',
  'cluster up',
  'cluster deploy',
  'cluster load',
  'cluster down',
  'cluster test',
  'cluster charts',
  'cluster dashboards',
  'cluster sbom',
  'build',
  'lab',
  'lab bench',
  'lab faults',
  'lab fuzz',
  'lab mutation',
  'lab capacity',
  'lab admission',
  'lab audit',
  'lab draw',
];

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
        script,
        args,
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(words) as string,
      });
    const steps = ends.filter(({ stderr }) => /^\[ *[\d.]+ s\]|Warning|TYPELESS|\n {4}at /m.test(stderr));
    expect(steps).toEqual([]); // nothing was installed, built or started
  });

  it('shows its usage for --help, on stdout, with exit code 0', async () => {
    const ends = await inTurn(COMMANDS, (command) => {
      const [script = '', ...subcommand] = split(command);
      return run(script, [...subcommand, '--help']);
    });
    for (const [index, command] of COMMANDS.entries())
      expect({ command, ...ends[index] }).toMatchObject({
        command,
        code: 0,
        stderr: '',
        stdout: expect.stringContaining(command.split(' ').at(-1)?.replace('-', ':') ?? '') as string,
      });
  });

  it('is in package.json, and in the table of the README', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const known = [...new Set(COMMANDS.map((command) => command.split(' ')[0]?.replace('-', ':') ?? ''))];
    expect(Object.keys(scripts).sort()).toEqual(known.filter((name) => name !== 'build').sort());
    for (const name of Object.keys(scripts))
      expect(readme).toMatch(new RegExp(`npm (run )?${name}\\b|\`${name}\``));
  });
});

describe('npm run queue', () => {
  it('says what to set when it has no token, with exit code 2', async () => {
    const { code, stderr } = await run('queue', ['status'], { MANAGEMENT_TOKEN: '' });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('MANAGEMENT_TOKEN must be set') as string,
    });
  });
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
  });
});

it('the scripts suggest what the product suggests', () => {
  const known = ['QUEUE_MAX_ACTIVE', 'PORT', 'status', 'pause', 'load'];
  for (const word of ['QUEUE_MAX_ACTIV', 'PROT', 'stauts', 'puase', 'laod', 'x', '', 'nothing like it'])
    expect(closest(word, known)).toBe(closestOfProduct(word, known));
  expect(closest('QUEUE_MAX_ACTIV', known)).toBe('QUEUE_MAX_ACTIVE');
  expect(closest('nothing', known)).toBeUndefined();
});

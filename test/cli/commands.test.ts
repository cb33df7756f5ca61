import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { closest as closestOfProduct } from '../../src/config/closest';
import { until } from '../support/wait';

const { closest } = jest.requireActual<{ closest: (word: string, known: string[]) => string | undefined }>(
  '../../scripts/lib/arguments/closest',
);

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const root = join(__dirname, '../..');

/** A command of package.json with its arguments, without npm. */
function run(
  line: string,
  env: Record<string, string> = {},
  output: number | 'pipe' = 'pipe',
): Promise<Ended> {
  const [command = '', ...args] = line.split(' ');
  const script = join(root, 'scripts', `${command.replace(':', '-')}.js`);
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, 'pipe'],
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (ended.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (ended.stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ ...ended, code });
    });
  });
}

interface CommandLines {
  HELPED: string[];
  REFUSED: Record<'nothing' | 'node' | 'dist', [line: string, words: string][]>;
}
const { HELPED, REFUSED } = jest.requireActual<CommandLines>('../../scripts/lib/tests/command-lines');
/** The build is no command of npm's, but a script that the image uses. */
const COMMANDS = [...HELPED, 'build'];
const WRONG = [
  ...Object.values(REFUSED).flat(),
  ['build --froce', 'Did you mean "--force"?'] as const,
  ['words nosuch', 'There is no nosuch'] as const,
];

/** A disk without space; Linux has it. */
const FULL = '/dev/full';

/** A pipe to a program that has ended. */
function withoutReader(): number {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, 'w');
  closeSync(reader);
  rmSync(folder, { recursive: true });
  return writer;
}

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
    const ends = await inTurn(WRONG, ([line]) => run(line));
    for (const [index, [line, words]] of WRONG.entries())
      expect({ line, ...ends[index] }).toMatchObject({
        line,
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(words) as string,
      });
    const steps = ends.filter(({ stderr }) => /^\[ *[\d.]+ s\]|Warning|TYPELESS|\n {4}at /m.test(stderr));
    expect(steps).toEqual([]); // nothing was installed, built or started
  });

  it('shows its usage for --help, on stdout, with exit code 0', async () => {
    const ends = await inTurn(COMMANDS, (command) => run(`${command} --help`));
    for (const [index, command] of COMMANDS.entries())
      expect({ command, ...ends[index] }).toMatchObject({
        command,
        code: 0,
        stderr: '',
        stdout: expect.stringContaining(command.split(' ').at(-1) ?? '') as string,
      });
  });

  it('has its subcommands in the list that this test reads', async () => {
    for (const command of ['cluster', 'db', 'lab']) {
      const { stdout } = await run(`${command} --help`);
      const [, names = ''] = / -- (\S+)/.exec(stdout) ?? [];
      expect(HELPED).toEqual(expect.arrayContaining(names.split('|').map((name) => `${command} ${name}`)));
    }
  });

  // Of each way in which a command prints: itself, a tool of the product, a program of the lab.
  it.each(['check --help', 'check config', 'lab faults --plan'])(
    'says in a line that its output cannot be written, with exit code 1: %s',
    async (line) => {
      const outputs = [
        ...(existsSync(FULL) ? [{ output: openSync(FULL, 'w'), reason: 'no space is left' }] : []),
        { output: withoutReader(), reason: 'its reader has closed it' },
      ];
      for (const { output, reason } of outputs) {
        const { code, stderr } = await run(line, {}, output);
        closeSync(output);
        expect([code, stderr.trim().split('\n').at(-1)]).toEqual([
          1,
          `The output cannot be written: ${reason}.`,
        ]);
      }
    },
  );

  it('is in package.json, and in the table of the README', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const known = new Set(HELPED.map((command) => command.split(' ')[0]));
    expect(Object.keys(scripts).sort()).toEqual([...known].sort());
    for (const name of Object.keys(scripts))
      expect(readme).toMatch(new RegExp(`npm (run )?${name}\\b|\`${name}\``));
  });
});

describe('a command with a separate database', () => {
  const url = process.env.DATABASE_ADMIN_URL ?? '';
  const name = `of_${randomUUID()}`;
  /** Takes the lock, as `npm run load` does; `and`: what it does then. */
  const taking = (and: string): ChildProcess => {
    const take = `require('./scripts/lib/running/one-run').keepToOneRun(${JSON.stringify(url)}, '${name}')`;
    const args = ['-e', `${take}.then(() => { ${and} }, (error) => { console.log(error.message); })`];
    return spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  };
  const wordsOf = async (child: ChildProcess): Promise<string> => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(child, 'close');
    return text;
  };

  it('is refused while another run of it works, and not when that was killed', async () => {
    const first = taking("console.log('taken'); process.stdin.resume()");
    await once(first.stdout as Readable, 'data');
    expect(await wordsOf(taking(''))).toBe(`Another run of this command uses the database ${name}.\n`);
    const ended = once(first, 'close');
    first.kill('SIGKILL');
    await ended;
    // It ends by itself: the lock keeps no process alive.
    await until(
      'the lock is free',
      async () => (await wordsOf(taking("console.log('taken')"))) === 'taken\n',
    );
  });
});

describe('npm run queue', () => {
  it('says what to set when it has no token, with exit code 2', async () => {
    const { code, stderr } = await run('queue status', { MANAGEMENT_TOKEN: '' });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('MANAGEMENT_TOKEN must be set') as string,
    });
  });
});

describe('npm start', () => {
  it('refuses wrong addresses by their variables', async () => {
    const wrong: [Record<string, string>, number, RegExp][] = [
      [{ PORT: '0x10' }, 2, /PORT is "0x10"/],
      [{ PORT: ' ' }, 2, /PORT is " "/],
      [{ MANAGEMENT_PORT: '65536' }, 2, /MANAGEMENT_PORT is "65536"/],
      [{ HOST: '203.0.113.9', PORT: '0' }, 1, /HOST "203.0.113.9" cannot be listened on/],
    ];
    for (const [env, exitCode, words] of wrong) {
      const { code, stderr } = await run('start', env);
      expect({ code, stderr }).toMatchObject({
        code: exitCode,
        stderr: expect.stringMatching(words) as string,
      });
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

import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const has = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/** The suite kills and fills its stores, so they are its own processes; where a container runs them, there are none. */
const missing = ['mariadbd', 'mariadb-install-db', 'redis-server'].filter((program) => !has(program));
const described = missing.length === 0 ? describe : describe.skip;

/** Each of them a few seconds: stores and processes die, Redis forgets, lines break, a process ends in an orderly way. */
const NEMESES = ['kill-api', 'kill-mariadb', 'redis-empty', 'net-cut', 'restart-api', 'mixed'];
const SECONDS = 24;

described(
  `the fault suite, shortened${missing.length === 0 ? '' : ` (there is no ${missing.join(', ')})`}`,
  () => {
    it('breaks what the product leans on, and no promise is broken', async () => {
      const args = [...NEMESES, '--seed', '20260101', '--minutes', String(SECONDS / 60), '--buyers', '12'];
      const { code, output } = await faults([...args, '--no-kafka', '--id', 'faults-short', '--untimed']);
      expect(output.split('\n').filter((line) => line.startsWith('- **'))).toEqual([]); // first, so that they are seen
      expect(output).toContain('No violations.');
      expect(output).toMatch(/\| double sales in [1-9]\d* reserve attempts \| 0 \| 0 \| reached \|/);
      expect(code).toBe(0);
    });
  },
);

function faults(args: string[]): Promise<{ code: number; output: string }> {
  const node = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', join(root, 'lab', 'faults', 'main.ts')];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...node, ...args],
      { cwd: root, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
      },
    );
  });
}

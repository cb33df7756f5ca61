import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');

it('in a fresh clone, each command shows its help and refuses what it does not know', () => {
  const args = [join(root, 'scripts/check-clone.js'), '--quick'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect({ status, stdout, stderr }).toMatchObject({
    status: 0,
    stdout: expect.not.stringContaining('WRONG') as string,
  });
});

import { userInfo } from 'node:os';
import { accountName } from '../../src/cli/support/account';
import { Scratch } from '../support/rows/scratch';
import { type Ended, runTool } from '../support/servers/tool';

it('the audit has the number of an account that has no name, as containers may have', () => {
  expect(accountName()).toBe(userInfo().username);
  const system = jest.requireActual<typeof import('node:os')>('node:os');
  const nameless = jest.spyOn(system, 'userInfo').mockImplementation(() => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  });
  try {
    expect(accountName()).toMatch(/^uid \d+$/);
  } finally {
    nameless.mockRestore();
  }
});

describe('operator', () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await Scratch.migrated();
  });
  afterAll(() => scratch.drop());

  const run = (...args: string[]): Promise<Ended> => runTool('operator', args, scratch.env);

  it('prints a key once, lists operators without it, and ends it; each act is in the audit', async () => {
    const added = await run('add', 'kim', '--role', 'admin');
    expect([added.code, added.stderr]).toEqual([0, '']);
    expect(added.stdout).toMatch(/^op_[\w-]{43}\n$/);
    const twice = await run('add', 'kim', '--role', 'viewer');
    expect([twice.code, twice.stderr]).toEqual([2, 'There is an operator kim already: revoke it first.\n']);
    expect((await run('list')).stdout).toMatch(/^kim admin since \S+Z\n$/);
    expect((await run('revoke', 'kim')).code).toBe(0);
    expect((await run('revoke', 'kim')).stderr).toBe('There is no operator kim.\n');
    expect((await run('list')).stdout).toMatch(/^kim admin since \S+Z, revoked \S+Z\n$/);
    expect((await run('add', 'kim', '--role', 'viewer')).code).toBe(0); // the name is free again
    const acts = await scratch.admin.query('SELECT act, subject, role FROM audit ORDER BY id');
    expect(acts).toEqual(
      ['operator.add', 'operator.revoke', 'operator.add'].map((act) => ({
        act,
        subject: 'operator:kim',
        role: 'cli',
      })),
    );
  });

  it.each([
    [[], /The command is missing: add, list, revoke/],
    [['ad', 'kim'], /Did you mean "add"/],
    [['add', 'kim'], /--role must be one of viewer, operator, admin/],
    [['add', 'kim', '--role', 'owner'], /--role must be/],
    [['add', 'a b', '--role', 'viewer'], /NAME: 1 to 64/],
    [['revoke', 'kim', '--role', 'viewer'], /revoke takes no --role/],
    [['list', 'kim'], /Too many arguments/],
  ])('refuses %j and says why', async (args, message) => {
    const { code, stderr } = await run(...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

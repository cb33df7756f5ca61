import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withAdvisoryLock } from '../../src/platform/database/advisory-lock';
import { UnknownMigration } from '../../src/database/migrate';
import { Scratch } from '../support/rows/scratch';
import { freePort } from '../../scripts/lib/ports';
import { TcpProxy } from '../support/servers/tcp-proxy';
import { runTool } from '../support/servers/tool';
import { until } from '../support/wait';

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error as Error).message,
  );

/** The schema in the server's own words. */
async function schemaOf(scratch: Scratch): Promise<string[]> {
  const schema: string[] = [];
  for (const table of await scratch.tables()) {
    const [row] = await scratch.admin.query<Record<string, string>>(`SHOW CREATE TABLE ${table}`);
    schema.push(row?.['Create Table'] ?? '');
  }
  return schema;
}

const statusOf = async (scratch: Scratch): Promise<boolean[]> =>
  (await scratch.migrator().status()).map(({ applied }) => applied);

/** A folder of migrations: file name → SQL. */
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, name), sql);
  return folder;
}

describe('migrate', () => {
  let scratch: Scratch;
  const folders: string[] = [];
  const folder = (files: Record<string, string>): string => {
    folders.push(folderWith(files));
    return folders.at(-1) ?? '';
  };

  beforeEach(async () => {
    scratch = await Scratch.create();
  });
  afterEach(async () => {
    await scratch.drop();
    for (const path of folders.splice(0)) rmSync(path, { recursive: true });
  });

  it('builds the schema, once', async () => {
    const applied = await scratch.migrator().up();
    expect(applied[0]).toBe('0001-programme-and-money');
    expect(scratch.lines).toContainEqual(
      expect.stringMatching(/^applied 0001-programme-and-money \(\d+ ms\)$/),
    );
    expect(await scratch.tables()).toEqual(expect.arrayContaining(['member', 'outbox', 'queue_state']));
    expect(await scratch.migrator().up()).toEqual([]);
  });

  it('goes all the way down and up again to the same schema', async () => {
    const names = await scratch.migrator().up();
    const before = await schemaOf(scratch);
    expect(await scratch.migrator().down('0')).toEqual([...names].reverse());
    expect(await scratch.tables()).toEqual(['migration']);
    expect(await scratch.migrator().up()).toEqual(names);
    expect(await schemaOf(scratch)).toEqual(before);
  });

  it('takes each migration back and forth by itself', async () => {
    const names = await scratch.migrator().up();
    const before = await schemaOf(scratch);
    for (const name of [...names].reverse()) expect(await scratch.migrator().down()).toEqual([name]);
    for (const name of names) expect(await scratch.migrator().up(name)).toEqual([name]);
    expect(await schemaOf(scratch)).toEqual(before);
  });

  it('stops at --to, on the way up and down', async () => {
    const names = (await scratch.migrator().status()).map(({ name }) => name);
    const [first = '', second = ''] = names;
    await scratch.migrator().up(second);
    expect(await statusOf(scratch)).toEqual(names.map((_, index) => index < 2));
    expect(await scratch.migrator().up(first)).toEqual([]); // is there already
    await scratch.migrator().down(second);
    expect(await statusOf(scratch)).toEqual(names.map((_, index) => index < 1));
    expect(await scratch.migrator().down(second)).toEqual([]); // is gone already
    await expect(scratch.migrator().up('9999-nothing')).rejects.toThrow(UnknownMigration);
  });

  it('migrates once when several start at once', async () => {
    const waiting = (): number => scratch.lines.filter((line) => line.includes('waiting for it')).length;
    // Held until all have started.
    const { all } = await withAdvisoryLock(
      scratch.admin,
      'migrate',
      () => undefined,
      async () => {
        const started = Promise.all([1, 2, 3, 4].map(() => scratch.migrator().up()));
        await until('all wait', () => waiting() === 4);
        return { all: started };
      },
    );
    const worked = (await all).filter((applied) => applied.length > 0);
    expect(worked).toHaveLength(1);
    expect(scratch.lines.filter((line) => line.startsWith('applied 0001'))).toHaveLength(1);
  });

  it('says which statement failed, records nothing, and goes on from there when it is mended', async () => {
    const files = {
      '0001-a.up.sql': "CREATE TABLE a (note VARCHAR(9) DEFAULT ';');",
      '0002-b.up.sql': 'CREATE TABLE b (id INT);\nSELEC 1;',
    };
    const message = await messageOf(scratch.migrator({ folder: folder(files) }).up());
    expect(message).toMatch(
      /0002-b.*statement 2 of 2: You have an error in your SQL syntax.*The 1 before it took effect/s,
    );
    const mended = { ...files, '0002-b.up.sql': 'CREATE TABLE c (id INT)' };
    expect(await scratch.migrator({ folder: folder(mended) }).up()).toEqual(['0002-b']);
  });

  it('keeps the rows of a migration that is recorded when the next one fails', async () => {
    const files = {
      '0001-a.up.sql': 'CREATE TABLE a (id INT);\nINSERT INTO a VALUES (1);',
      '0002-b.up.sql': 'SELEC 1;',
    };
    expect(await messageOf(scratch.migrator({ folder: folder(files) }).up())).toMatch(/0002-b.*statement 1/);
    expect(await scratch.admin.query('SELECT name FROM migration')).toEqual([{ name: '0001-a' }]);
    expect(await scratch.admin.query('SELECT id FROM a')).toEqual([{ id: 1 }]);
  });

  it('refuses a folder without migrations: half a build must not look like an up-to-date schema', async () => {
    expect(await messageOf(scratch.migrator({ folder: folder({}) }).up())).toMatch(
      /no migrations .*was the build complete/,
    );
  });

  it('waits for a server that is just starting', async () => {
    const server = new URL(scratch.adminUrl);
    const proxy = new TcpProxy({ host: server.hostname, port: Number(server.port || 3306) });
    proxy.port = await freePort();
    server.hostname = '127.0.0.1';
    server.port = String(proxy.port);
    try {
      const applied = scratch.migrator({ adminUrl: server.href, patienceMs: 240_000 }).up();
      await until('it waits', () => scratch.lines.length > 0);
      await proxy.open();
      expect(await applied).not.toEqual([]);
      expect(scratch.lines[0]).toBe(`waiting for MariaDB at 127.0.0.1:${proxy.port}/${scratch.name} …`);
    } finally {
      await proxy.cut();
    }
  });

  it.each([
    ['at once', 0, 0],
    ['when its time is over', 600, 1],
  ])('names a server that does not come, %s, without the password', async (_when, patienceMs, lines) => {
    const url = 'mariadb://someone:geheim@127.0.0.1:9/concert';
    const message = await messageOf(scratch.migrator({ adminUrl: url, patienceMs }).up());
    expect(message).toMatch(/^MariaDB at 127\.0\.0\.1:9\/concert cannot be used: .*ECONNREFUSED/);
    expect(message).not.toContain('geheim');
    expect(scratch.lines).toHaveLength(lines);
  });

  it.each([
    ['the account', { password: 'wrong' }, /Access denied/],
    [
      'a name that no database can have',
      { pathname: `/${'x'.repeat(70)}` },
      /(?:too long|Incorrect database name)/,
    ],
  ])('does not wait when the server refuses %s', async (_what, part, why) => {
    const url = Object.assign(new URL(scratch.adminUrl), part);
    const message = await messageOf(scratch.migrator({ adminUrl: url.href, patienceMs: 5000 }).up());
    expect(message).toMatch(why);
    expect(scratch.lines).toEqual([]);
  });

  it('says which right the administrator lacks and what to do', async () => {
    await scratch.migrator().up();
    await scratch.admin.execute('DROP TABLE migration');
    const message = await messageOf(scratch.migrator({ adminUrl: scratch.appUrl }).up());
    expect(message).toMatch(/lacks a right: CREATE command denied to user/);
    expect(message).toContain(`GRANT ALL PRIVILEGES ON \`${scratch.name}\`.* TO`);
  });

  it('grants nothing when one account does both', async () => {
    await scratch.migrator({ appUrl: scratch.adminUrl }).up();
    expect(scratch.lines.filter((line) => line.startsWith('granted'))).toEqual([]);
  });
});

describe('the migrate command', () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await Scratch.create();
  });
  afterAll(() => scratch.drop());

  it('brings a database up, tells its status, and takes it down', async () => {
    const up = await runTool('migrate', [], scratch.env);
    expect(up).toMatchObject({ code: 0, stderr: '' });
    expect(up.stdout).toMatch(
      /^applied 0001-programme-and-money \(\d+ ms\)\n[^]*granted .+ its rights on \d+ tables\n$/,
    );
    const status = await runTool('migrate', ['status'], scratch.env);
    expect(status.stdout).toMatch(/^(applied \d{4}-\S+\n)+$/);
    const down = await runTool('migrate', ['down', '--to', '0'], scratch.env);
    expect(down).toMatchObject({ code: 0, stderr: '' });
    expect(await scratch.tables()).toEqual(['migration']);
  });

  it.each([
    [['sideways'], 'sideways'],
    [['up', 'down'], 'up down'],
    [['up', '--to', '0815-nowhere'], '0815-nowhere'],
    [['--force'], '--force'],
  ])('refuses %j', async (args, named) => {
    const { code, stderr } = await runTool('migrate', args, scratch.env);
    expect(code).toBe(2);
    expect(stderr).toContain(named);
    expect(stderr).toContain('Usage:');
  });

  it('names a variable that is wrong', async () => {
    const { code, stderr } = await runTool('migrate', [], { DATABASE_ADMIN_URL: 'localhost:3306' });
    expect(code).toBe(2);
    expect(stderr).toContain('DATABASE_ADMIN_URL');
  });

  it('needs no TOKEN_SECRET, not even in production', async () => {
    const env = { ...scratch.env, NODE_ENV: 'production', TOKEN_SECRET: '' };
    expect(await runTool('migrate', ['status'], env)).toMatchObject({ code: 0 });
  });
});

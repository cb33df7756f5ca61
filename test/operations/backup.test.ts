import { execFile, spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { Migrator } from '../../src/database/migrate';
import { Given } from '../support/rows/given';
import { MariaDbServer, noMariaDbServer } from '../support/servers/mariadb-server';

/** The scripts of the chart's CronJobs, with the accounts that charts/mariadb makes, on a real MariaDB. */
const charts = join(__dirname, '../../charts');
const PASSWORD = 'of-a-test';
const noPrograms = ['mariadb-dump', 'mariadb'].some((it) => spawnSync(it, ['--version']).error !== undefined);
const canRun = noMariaDbServer === undefined && !noPrograms;

interface Ended {
  code: number;
  output: string;
}

let server: MariaDbServer;
let folder: string;

/** As the pod of the CronJob runs it. */
async function run(script: string, user: string, env: Record<string, string> = {}): Promise<Ended> {
  const own = { DATABASE_HOST: '127.0.0.1', DATABASE_PORT: String(server.port), DATABASE: 'concert' };
  const all = {
    ...own,
    DATABASE_USER: user,
    MYSQL_PWD: PASSWORD,
    FOLDER: folder,
    KEEP: '2',
    FILE: '',
    ...env,
  };
  const args = [join(charts, 'concert-api/files', `${script}.sh`)];
  return promisify(execFile)('sh', args, { env: { ...process.env, ...all } }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    },
  );
}
const backups = (): string[] => readdirSync(folder).sort();

/** What the init container of charts/mariadb writes for the first start. */
function accountStatements(): string[] {
  const template = readFileSync(join(charts, 'mariadb/templates/configmap.yaml'), 'utf8');
  const { data } = parse(template.slice(template.indexOf('\ndata:'))) as { data: { 'accounts.sh': string } };
  const script = data['accounts.sh'].replaceAll('/docker-entrypoint-initdb.d', folder);
  const env = { ...process.env, ADMIN_PASSWORD: PASSWORD, PASSWORD, BACKUP_PASSWORD: PASSWORD };
  const { status, stderr } = spawnSync('sh', ['-c', script], { env, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const sql = readFileSync(join(folder, 'accounts.sql'), 'utf8');
  rmSync(join(folder, 'accounts.sql'));
  return sql.split(';\n').filter((it) => it.trim() !== '');
}

async function migrate(): Promise<void> {
  const url = (user: string): string => `mariadb://${user}:${PASSWORD}@127.0.0.1:${server.port}/concert`;
  const urls = { adminUrl: url('concert_admin'), appUrl: url('concert') };
  await new Migrator({ ...urls, report: () => undefined }).up();
}

(canRun ? describe : describe.skip)('a backup', () => {
  beforeAll(async () => {
    [server] = (await MariaDbServer.start(1)) as [MariaDbServer];
    folder = mkdtempSync(join(tmpdir(), 'backups-'));
    for (const statement of accountStatements()) await server.root.execute(statement);
    await migrate();
  });
  afterAll(async () => {
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => backups().forEach((file) => rmSync(join(folder, file))));

  const balances = (): Promise<unknown[]> =>
    server.root.query('SELECT id, balance FROM concert.member ORDER BY id');

  it('is made by an account that may write nothing, and brings everything back', async () => {
    const [userId] = await new Given(server.root).users(3);
    const before = await balances();
    const made = await run('backup', 'concert_backup');
    expect(made).toEqual({ code: 0, output: expect.stringContaining('written: concert-') as string });

    await server.root.execute(`DELETE FROM concert.member WHERE id = ${userId ?? 0}`);
    await server.root.execute('CREATE TABLE concert.of_a_newer_version (id INT)');
    expect(await balances()).toHaveLength(before.length - 1);
    expect(await run('restore', 'concert_admin')).toEqual({
      code: 0,
      output: expect.stringContaining(`restored: ${backups()[0] ?? ''}`) as string,
    });
    await migrate();
    expect(await balances()).toEqual(before);
    const tables = await server.root.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'concert'",
    );
    expect(tables.map(({ name }) => name)).not.toContain('of_a_newer_version');
  });

  it('is not restored while a worker runs, and nothing is changed', async () => {
    await run('backup', 'concert_backup');
    const before = await balances();
    const hold = (name: string): Promise<unknown> =>
      server.root.execute(
        'INSERT INTO concert.outbox_lease (name, held_until) VALUES (?, UTC_TIMESTAMP(3) + INTERVAL 1 DAY)',
        [name],
      );
    await hold('webhook 1');
    expect(await run('restore', 'concert_admin', { WAIT_SECONDS: '0' })).toEqual({
      code: 1,
      output: 'A worker of the product uses concert: stop every process first. Nothing was changed.\n',
    });
    expect(await balances()).toEqual(before);

    // The checks of invariants may be an hour apart, and a killed worker holds their lease for that long.
    await server.root.execute('DELETE FROM concert.outbox_lease');
    await hold('invariants');
    expect(await run('restore', 'concert_admin', { WAIT_SECONDS: '0' })).toMatchObject({ code: 0 });
    await migrate();
  });

  it('cannot be used to write: its account is refused', async () => {
    await run('backup', 'concert_backup');
    const { code, output } = await run('restore', 'concert_backup');
    expect([code, output]).toEqual([1, expect.stringMatching(/denied/i)]);
  });

  it('keeps the newest ones', async () => {
    for (const day of ['01', '02', '03'])
      writeFileSync(join(folder, `concert-202001${day}T000000Z.sql.gz`), 'an old one');
    writeFileSync(join(folder, 'somebody-elses'), '');
    await run('backup', 'concert_backup');
    const left = backups();
    expect(left).toHaveLength(3);
    expect(left.slice(0, 1)).toEqual(['concert-20200103T000000Z.sql.gz']);
    expect(left).toContain('somebody-elses');
  });

  it('that fails leaves nothing and says so', async () => {
    const { code, output } = await run('backup', 'concert_backup', { MYSQL_PWD: 'wrong' });
    expect([code, output]).toEqual([1, expect.stringMatching(/denied[^]*is not whole: nothing was kept/i)]);
    expect(backups()).toEqual([]);
  });

  it('that is cut short is not restored, and nothing is changed', async () => {
    await new Given(server.root).users(1);
    await run('backup', 'concert_backup');
    const [file = ''] = backups();
    truncateSync(join(folder, file), Math.floor(statSync(join(folder, file)).size / 2));
    const before = await balances();
    const { code, output } = await run('restore', 'concert_admin');
    expect([code, output]).toEqual([1, expect.stringContaining(`${file} is not whole: nothing was changed`)]);
    expect(await balances()).toEqual(before);
  });

  it('that does not exist is reported, with those that do', async () => {
    await run('backup', 'concert_backup');
    const { code, output } = await run('restore', 'concert_admin', { FILE: 'concert-1.sql.gz' });
    expect([code, output]).toEqual([1, expect.stringContaining('There is no backup concert-1.sql.gz')]);
    expect(output).toContain(backups()[0]);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { until } from '../../support/wait';
import { type Manifest, manifestsOf, podsOf, refusal, render, type Values } from '../support';

const { isAlive, recordOf } = jest.requireActual<{
  isAlive: (record: object) => boolean;
  recordOf: (pid: number) => object;
}>('../../../scripts/lib/running/processes');

const beside = { tokenSecret: 'a-token-secret-of-32-bytes-or-more', redis: { host: 'concert-redis' } };
const own = { database: { host: 'concert-mariadb' } };
const secretUrl = { database: { existingSecret: 'database' } };
const inlineUrls = {
  database: { url: 'mariadb://a:b@db.example/concert', adminUrl: 'mariadb://c:d@db.example/concert' },
};
const elsewhere = { database: { host: 'db.example', port: 3307, passwordSecret: 'dumps' } };

const enabled = manifestsOf({ name: 'concert-api-backup' });
const api = (values: Values): Promise<Manifest[]> =>
  render({ chart: 'concert-api', values: { ...beside, ...own, ...values } });
const refused = (values: Values): Promise<string> => refusal('concert-api', { ...beside, ...own, ...values });
const named = (manifests: Manifest[], kind: string): string[] =>
  manifests.filter((it) => it.kind === kind).map(({ metadata }) => metadata.name);

interface Rule {
  ports: { port: number }[];
  to?: { podSelector?: { matchExpressions?: { values: string[] }[] }; namespaceSelector?: unknown }[];
}
/** Where the pods of a component may connect to, besides the DNS. */
function egressOf(manifests: Manifest[], name: string): [string, number[]][] {
  const policy = manifests.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === name);
  const rules = (policy?.spec?.egress ?? []) as Rule[];
  return rules
    .filter(({ to }) => to?.[0]?.namespaceSelector === undefined)
    .map(({ to, ports }) => [
      to?.[0]?.podSelector?.matchExpressions?.[0]?.values.join() ?? 'anywhere',
      ports.map(({ port }) => port),
    ]);
}

describe('backups', () => {
  it('are made only when the values enable them', () => {
    const manifests = manifestsOf({ name: 'concert-api-standard' });
    expect([...named(manifests, 'CronJob'), ...named(manifests, 'PersistentVolumeClaim')]).toEqual([]);
  });

  it('are written by an account that may only read, to a claim that outlives the release', () => {
    const backup = podsOf(enabled).find(({ owner }) => owner === 'CronJob concert-api-backup');
    expect(JSON.stringify(backup?.spec)).not.toContain('admin');
    expect(backup?.spec.containers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: 'DATABASE_USER', value: 'concert_backup' },
        {
          name: 'MYSQL_PWD',
          valueFrom: { secretKeyRef: { name: 'concert-mariadb', key: 'backup-password' } },
        },
      ]),
    );
    const claim = enabled.find(({ kind }) => kind === 'PersistentVolumeClaim');
    expect(claim?.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    expect(JSON.stringify(backup?.spec.volumes)).toContain(`"claimName":"${claim?.metadata.name ?? ''}"`);
  });

  it('never overlap, and a restore never runs by itself', () => {
    const jobs = enabled.filter(({ kind }) => kind === 'CronJob');
    expect(jobs.map(({ metadata, spec }) => [metadata.name, spec?.suspend, spec?.concurrencyPolicy])).toEqual(
      [
        ['concert-api-backup', undefined, 'Forbid'],
        ['concert-api-restore', true, 'Forbid'],
      ],
    );
  });

  it('reach the database and the store, and nothing else', async () => {
    const inRelease = await render({
      chart: 'concert',
      values: { 'concert-api': { backup: { enabled: true } } },
    });
    expect(egressOf(inRelease, 'concert-api-backup')).toEqual([['mariadb', [3306]]]);
    expect(egressOf(inRelease, 'concert-api-restore')).toEqual([['mariadb', [3306]]]);
    const mariadb = inRelease.find(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'concert-mariadb',
    );
    expect(JSON.stringify(mariadb?.spec?.ingress)).toContain('"backup","restore"');
    const s3 = { enabled: true, endpoint: 'https://s3.example:9000', bucket: 'b', existingSecret: 's' };
    const other = await api({ ...secretUrl, backup: { enabled: true, ...elsewhere, s3 } });
    expect(egressOf(other, 'concert-api-backup')).toEqual([
      ['anywhere', [3307]],
      ['anywhere', [9000]],
    ]);
  });

  it('go to a store as well, whose keys are in a Secret', async () => {
    const s3 = { enabled: true, bucket: 'b', existingSecret: 's' };
    const pods = podsOf(await api({ backup: { enabled: true, s3 } }));
    const backup = pods.find(({ owner }) => owner === 'CronJob concert-api-backup')?.spec;
    expect(backup?.initContainers?.map(({ name }) => name)).toEqual(['backup']);
    expect(backup?.containers.map(({ name }) => name)).toEqual(['upload']);
    const restore = pods.find(({ owner }) => owner === 'CronJob concert-api-restore')?.spec;
    expect(restore?.initContainers?.map(({ name }) => name)).toEqual(['download', 'restore']);
    expect(await refused({ backup: { enabled: true, s3: { enabled: true } } })).toContain('name the bucket');
  });

  it('go to a store by the identity that the platform gives their ServiceAccount, without keys', async () => {
    const s3 = { enabled: true, bucket: 'b', workloadIdentity: true };
    const annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/backup' };
    const manifests = await api({ serviceAccount: { annotations }, backup: { enabled: true, s3 } });
    const upload = podsOf(manifests).find(({ owner }) => owner === 'CronJob concert-api-backup')?.spec;
    expect(upload?.containers[0]?.env).toContainEqual({
      name: 'RCLONE_CONFIG_STORE_ENV_AUTH',
      value: 'true',
    });
    expect(JSON.stringify(upload?.containers)).not.toContain('ACCESS_KEY');
    const account = manifests.find(({ kind }) => kind === 'ServiceAccount')?.metadata;
    expect(account).toMatchObject({ name: upload?.serviceAccountName, annotations });
    const both = { ...s3, existingSecret: 's' };
    expect(await refused({ backup: { enabled: true, s3: both } })).toContain('or backup.s3.workloadIdentity');
  });

  it('of a MariaDB elsewhere need its host and a Secret, or are refused', async () => {
    expect(await refused({ ...secretUrl, backup: { enabled: true } })).toContain('backup.database.host');
    expect(
      await refused({ ...secretUrl, backup: { enabled: true, database: { host: 'db.example' } } }),
    ).toContain('backup.database.passwordSecret');
  });

  it('are restored in the cluster where the administrator’s URL is in a Secret that stays', async () => {
    const backup = { enabled: true, ...elsewhere };
    expect(named(await api({ ...secretUrl, backup }), 'CronJob')).toContain('concert-api-restore');
    expect(named(await api({ ...inlineUrls, backup }), 'CronJob')).toEqual(['concert-api-backup']);
  });

  it('are migrated to the schema of the release when they are restored', () => {
    const restore = podsOf(enabled).find(({ owner }) => owner === 'CronJob concert-api-restore')?.spec;
    expect(restore?.initContainers?.map(({ name }) => name)).toEqual(['restore']);
    expect(restore?.containers[0]).toMatchObject({ name: 'migrate', args: ['dist/cli/migrate.js'] });
  });
});

describe('moving to a MariaDB elsewhere', () => {
  const moved = {
    mariadb: { enabled: false },
    abandonedStores: ['mariadb'],
    'concert-api': { ...secretUrl, backup: { enabled: true, ...elsewhere } },
  };
  let manifests: Manifest[];
  beforeAll(async () => {
    manifests = await render({ chart: 'concert', values: moved });
  });

  it('leaves nothing of the release’s own, and everything finds the other', () => {
    expect(manifests.filter(({ metadata }) => metadata.name.endsWith('-mariadb'))).toEqual([]);
    const text = JSON.stringify(manifests);
    expect(text).not.toContain('concert-mariadb');
    for (const name of ['api', 'api-worker', 'api-migrate', 'api-seed'])
      expect(egressOf(manifests, `concert-${name}`)).toContainEqual(['anywhere', [3306]]);
  });

  it('migrates before the new pods, since nothing of the upgrade can mend the other', () => {
    const job = manifests.find(({ kind, metadata }) => kind === 'Job' && metadata.name.includes('migrate'));
    expect(job?.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
  });
});

describe('a script that a signal ends', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'backup-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Stand for MariaDB's programs: they write their pid, and work until nobody needs them. */
  const PROGRAMS = {
    'mariadb-dump': 'echo $$ >"$PID.new"; mv "$PID.new" "$PID"; while echo a row; do sleep 0.05; done',
    mariadb: `case "$*" in
      *--execute=DROP*) [ -n "$DROPS" ] || exit 0;;
      *--execute*) echo 0; exit;;
      esac
      echo $$ >"$PID.new"; mv "$PID.new" "$PID"
      while [ -z "$DROPS" ] || [ ! -e "$PID.goOn" ]; do sleep 0.05; done`,
  };
  const DUMP = 'concert-20300101T000000Z.sql.gz';

  async function ended(script: string, signal: NodeJS.Signals, drops = ''): Promise<unknown[]> {
    const [dumps, programs, pidFile] = ['dumps', 'programs', 'pid'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(dumps);
    mkdirSync(programs);
    for (const [name, text] of Object.entries(PROGRAMS))
      writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o700 });
    writeFileSync(join(dumps, DUMP), gzipSync('-- Dump completed\n'));
    const of = { DATABASE_HOST: 'h', DATABASE_PORT: '1', DATABASE_USER: 'u', MYSQL_PWD: 'p', DATABASE: 'd' };
    const PATH = `${programs}:${process.env.PATH ?? ''}`;
    const child = spawn('sh', [join(__dirname, `../../../charts/concert-api/files/${script}.sh`)], {
      env: { ...process.env, ...of, PATH, FOLDER: dumps, FILE: '', KEEP: '9', PID: pidFile, DROPS: drops },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await until('its program runs', () => existsSync(pidFile));
    const program = recordOf(Number(readFileSync(pidFile, 'utf8')));
    child.kill(signal);
    writeFileSync(`${pidFile}.goOn`, ''); // a shell waits for the statement that it runs
    const [code] = (await once(child, 'close')) as [number | null];
    await until('its program has ended', () => !isAlive(program));
    return [code, stderr, readdirSync(dumps)];
  }

  it('says that a database is half restored also when it has just been deleted', async () => {
    expect(await ended('restore', 'SIGTERM', 'yes')).toEqual([
      143,
      'd is half restored: restore it again.\n',
      [DUMP],
    ]);
  });

  it.each<[string, NodeJS.Signals, number, string]>([
    ['backup', 'SIGINT', 130, ''],
    ['backup', 'SIGTERM', 143, ''],
    ['restore', 'SIGINT', 130, 'd is half restored: restore it again.\n'],
    ['restore', 'SIGTERM', 143, 'd is half restored: restore it again.\n'],
  ])('(%s, %s) leaves no half of a dump and no program behind', async (script, signal, code, words) => {
    expect(await ended(script, signal)).toEqual([code, words, [DUMP]]);
  });
});

import { helm, type Manifest, parse, podsOf, type Values } from '../support';
import { api, beside, presetOf, refused, the } from './support';

describe('migrations', () => {
  const jobIn = (manifests: Manifest[]): Manifest | undefined =>
    manifests.find(({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('concert-api-migrate'));
  const jobOf = async (values: Values, ...options: string[]): Promise<Manifest['metadata'] | undefined> => {
    const args = ['template', 'concert', 'charts/concert-api', ...options];
    return jobIn(parse((await helm(args, { ...beside, ...values })).stdout))?.metadata;
  };
  const hookOf = async (values: Values, ...options: string[]): Promise<string | undefined> =>
    (await jobOf(values, ...options))?.annotations?.['helm.sh/hook'];
  const url = 'mariadb://concert:x@db.example/concert';
  const elsewhere = { database: { url, adminUrl: url.replace('concert:', 'admin:') } };

  it('run before new pods, but beside them where MariaDB comes with the same release', async () => {
    expect(await hookOf({})).toBeUndefined();
    // An upgrade may be the one that mends MariaDB, or brings it: a hook would wait for it forever.
    expect(await hookOf({}, '--is-upgrade')).toBeUndefined();
    expect(await hookOf(elsewhere)).toBe('pre-install,pre-upgrade');
  });

  it('are a Job of another name for each image, since a Job cannot be changed', async () => {
    const name = async (tag: string, more: Values = {}): Promise<string | undefined> =>
      (await jobOf({ image: { tag }, ...more }))?.name;
    const first = await name('0.1.0');
    expect(first).toMatch(/^concert-api-migrate-[0-9a-f]{8}$/);
    expect(await name('0.1.0', { api: { maxReplicas: 3 } })).toBe(first);
    expect(await name('0.2.0')).not.toBe(first);
    const resources = { requests: { cpu: '60m' }, limits: { cpu: '1' } };
    expect(await name('0.1.0', { migrate: { resources } })).not.toBe(first);
  });

  it('may connect to a MariaDB elsewhere also where a namespace denies everything, since their policy is there first', async () => {
    const manifests = await api(elsewhere);
    const { annotations } = the(manifests, 'NetworkPolicy', 'concert-api-migrate').metadata;
    expect(annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' });
    // The Job has no weight, which is 0.
    expect(Number(annotations?.['helm.sh/hook-weight'])).toBeLessThan(0);
    expect(jobIn(manifests)?.metadata.annotations).not.toHaveProperty('helm.sh/hook-weight');
    const inRelease = the(presetOf('standard'), 'NetworkPolicy', 'concert-api-migrate');
    expect(inRelease.metadata.annotations).toBeUndefined();
  });

  it('can be left to somebody else', async () => {
    const manifests = await api({ migrate: { enabled: false } });
    expect(jobIn(manifests)).toBeUndefined();
    expect(manifests.map(({ metadata }) => metadata.name)).not.toContain('concert-api-migrate');
  });

  it('leave no administrator’s URL in the cluster', async () => {
    const manifests = await api(elsewhere);
    expect(the(manifests, 'Secret', 'concert-api-admin').metadata.annotations).toMatchObject({
      'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
    });
    expect(Object.keys(the(manifests, 'Secret').data ?? {}).sort()).toEqual(['DATABASE_URL', 'TOKEN_SECRET']);
    expect(await refused({ database: { url } })).toContain('also set database.adminUrl');
  });

  it('start a source image as its sources', async () => {
    const args = async (values: Values): Promise<string[] | undefined> =>
      podsOf(await api(values)).find(({ owner }) => owner.startsWith('Job concert-api-migrate'))?.spec
        .containers[0]?.args;
    expect(await args({})).toEqual(['dist/cli/migrate.js', '--wait=30']);
    expect(await args({ devImage: true })).toEqual([
      '--require=./scripts/dev.js',
      'src/cli/migrate.ts',
      '--wait=30',
    ]);
  });
});

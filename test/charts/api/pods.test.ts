import { configTable } from '../../../src/config/config';
import { cases } from '../cases';
import { type Manifest, manifestsOf, podsOf, type Values } from '../support';
import { api, envOf, presetOf, refused, the } from './support';

/** Variables that the chart makes of other values; all the rest are settable in `config`. */
const MADE_BY_CHART = {
  PORT: 'the container port http',
  MANAGEMENT_PORT: 'the container port management',
  ROLE: 'api.role',
  WORKERS: 'api.workers',
  DATABASE_POOL_MAX: 'api.poolMax, worker.poolMax',
  POD_CPU_REQUEST_MILLICORES: 'api.resources, worker.resources',
  DATABASE_URL: 'database',
  DATABASE_ADMIN_URL: 'database',
  REDIS_URL: 'redis',
  KAFKA_BROKERS: 'kafka',
  KAFKA_SECURITY_PROTOCOL: 'kafka.securityProtocol',
  KAFKA_SASL_MECHANISM: 'kafka.saslMechanism',
  KAFKA_SASL_USERNAME: 'kafka.existingSecret',
  KAFKA_SASL_PASSWORD: 'kafka.existingSecret',
  TOKEN_SECRET: 'tokenSecret',
  TOKEN_SECRET_SECONDARY: 'tokenSecretSecondary',
  TRANSPARENCY_SECRET: 'tokenExistingSecret',
  TOKEN_TURNSTILE_SECRET: 'tokenExistingSecret',
  WEBHOOK_ENCRYPTION_KEY: 'webhookEncryptionKey',
  WEBHOOK_ENCRYPTION_KEY_SECONDARY: 'webhookEncryptionKeySecondary',
  MANAGEMENT_TOKEN: 'managementTokenSecret',
  SHUTDOWN_DRAIN_MS: 'shutdown.drainMs',
  SHUTDOWN_GRACE_MS: 'shutdown.graceMs',
};

describe('pods', () => {
  it('have a grace period as long as the shutdown takes', async () => {
    const [pod] = podsOf(await api({ shutdown: { preStopSeconds: 3, drainMs: 4500, graceMs: 20000 } }));
    expect(pod?.spec).toMatchObject({ terminationGracePeriodSeconds: 3 + 25 + 5 });
    expect(pod?.spec.containers[0]).toMatchObject({ lifecycle: { preStop: { sleep: { seconds: 3 } } } });
  });

  it('prefer different nodes, but are scheduled on one if need be', () => {
    for (const { spec } of podsOf(presetOf('standard')).filter(({ kind }) => kind === 'Deployment'))
      for (const it of spec.topologySpreadConstraints as { whenUnsatisfiable: string }[])
        expect(it.whenUnsatisfiable).toBe('ScheduleAnyway');
  });

  it.each(cases.filter(({ chart }) => chart === 'concert-api'))(
    'never see the administrator of the database: $name',
    (one) => {
      const pods = podsOf(manifestsOf(one));
      const seeing = pods.filter(({ spec }) => /admin/i.test(JSON.stringify(spec))).map(({ owner }) => owner);
      expect(
        seeing.every((owner) =>
          /^(Job concert-api-(migrate|seed)(-[0-9a-f]{8})?|CronJob concert-api-restore)$/.test(owner),
        ),
      ).toBe(true);
      expect(seeing.some((owner) => owner.startsWith('Job concert-api-migrate'))).toBe(true);
    },
  );

  it('restart when their configuration changes, and only then', async () => {
    const checksums = async (values: Values): Promise<string> =>
      JSON.stringify(
        (the(await api(values), 'Deployment').spec as { template: Manifest }).template.metadata.annotations,
      );
    const before = await checksums({});
    expect(await checksums({})).toBe(before);
    expect(await checksums({ hpa: { scaleDownSeconds: 10 } })).toBe(before);
    expect(await checksums({ config: { QUEUE_MAX_ACTIVE: 31 } })).not.toBe(before);
  });
});

describe('the secret of the tokens', () => {
  it('may have a second one beside it, which pods need not find', async () => {
    const keys = (manifests: Manifest[]): string[] => Object.keys(the(manifests, 'Secret').data ?? {}).sort();
    expect(keys(presetOf('standard'))).toEqual(['TOKEN_SECRET']);
    const tokenSecretSecondary = 'the-next-secret-of-32-bytes-or-more';
    expect(keys(await api({ tokenSecretSecondary }))).toEqual(['TOKEN_SECRET', 'TOKEN_SECRET_SECONDARY']);
    expect(envOf(presetOf('standard'), 'Deployment concert-api').get('TOKEN_SECRET_SECONDARY')).toMatchObject(
      {
        valueFrom: { secretKeyRef: { name: 'concert-api', optional: true } },
      },
    );
    expect(await refused({ tokenSecretSecondary: 'short' })).toContain('/tokenSecretSecondary');
  });
});

it('pods that end can be left out of a mesh, whose sidecar would not end with them', async () => {
  const jobs = { podLabels: { mesh: 'out' }, podAnnotations: { 'mesh.example/inject': 'false' } };
  const podLabels = { mesh: 'in' };
  const values = {
    podLabels,
    jobs,
    seed: { enabled: true },
    backup: { enabled: true },
    web: { enabled: true },
  };
  const meshOf = new Map<string, string>();
  for (const { labels, annotations } of podsOf(await api(values)))
    meshOf.set(
      labels['app.kubernetes.io/component'] ?? '',
      `${labels.mesh ?? ''} ${annotations['mesh.example/inject'] ?? ''}`.trim(),
    );
  const ending = ['migrate', 'seed', 'backup', 'restore', 'test'].map((name) => [name, 'out false']);
  const serving = ['api', 'worker', 'web'].map((name) => [name, 'in']);
  expect(Object.fromEntries(meshOf)).toEqual(Object.fromEntries([...ending, ...serving]));
});

describe('config', () => {
  const names = [...configTable().matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, name]) => name ?? '');

  it('lists every variable of the product, and no other', async () => {
    const made = Object.keys(MADE_BY_CHART);
    const settable = names.filter((name) => !made.includes(name));
    expect(names).toEqual(expect.arrayContaining(made));
    const config = Object.fromEntries(settable.map((name) => [name, '1']));
    expect(Object.keys(the(await api({ config }), 'ConfigMap').data ?? {})).toEqual(
      expect.arrayContaining(settable),
    );
    for (const name of [...made, 'QUEUE_MAX_ACTIV'])
      expect(await refused({ config: { [name]: '1' } })).toContain(
        `additional properties '${name}' not allowed`,
      );
  });

  it('writes large numbers as the product reads them', async () => {
    const config = {
      QUEUE_MAX_POLLS_PER_SECOND: 10_000_000,
      QUEUES: 'vip=10',
      QUEUE_IDLE_TIMEOUT_SECONDS: 0,
    };
    expect(the(await api({ config }), 'ConfigMap').data).toMatchObject({
      QUEUE_MAX_POLLS_PER_SECOND: '10000000',
      QUEUES: 'vip=10',
      QUEUE_IDLE_TIMEOUT_SECONDS: '0',
    });
  });
});

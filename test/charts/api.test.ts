import { configTable } from '../../src/config/config';
import { cases } from './cases';
import { helm, type Manifest, parse, podsOf, refusal, render, type Values } from './support';

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
const PRESETS = ['fat', 'standard', 'thin', 'dev'];
const beside: Values = {
  tokenSecret: 'a-token-secret-of-32-bytes-or-more',
  database: { host: 'concert-mariadb' },
  redis: { host: 'concert-redis' },
};

const api = (values: Values): Promise<Manifest[]> =>
  render({ chart: 'concert-api', values: { ...beside, ...values } });
const refused = (values: Values): Promise<string> => refusal('concert-api', { ...beside, ...values });

function the(manifests: Manifest[], kind: string, name = 'concert-api'): Manifest {
  const found = manifests.find((it) => it.kind === kind && it.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

interface Env {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
}
const envOf = (manifests: Manifest[], owner: string): Map<string, Env> => {
  const pod = podsOf(manifests).find((it) => it.owner === owner);
  const [container] = pod?.spec.containers ?? [];
  return new Map(((container?.env ?? []) as Env[]).map((it) => [it.name, it]));
};

describe('size', () => {
  it.each(PRESETS)('%s has one process tree for the background work', async (preset) => {
    const manifests = await api({ preset });
    const hasWorker = manifests.some(({ metadata }) => metadata.name === 'concert-api-worker');
    expect(envOf(manifests, 'Deployment concert-api').get('ROLE')?.value).toBe(hasWorker ? 'api' : 'all');
  });

  it('keeps the budget, and the room of a rollout, by a quota for the pods of its class alone', async () => {
    const manifests = await api({ budget: { limits: { memory: '9Gi' } } });
    const priorityClass = 'shop-concert-api';
    // The budget; of the API 4 old pods and 1 by maxSurge; of the worker 1 old pod and 1 by maxSurge.
    expect(the(manifests, 'ResourceQuota').spec).toEqual({
      hard: {
        'requests.cpu': `${2000 + 5 * 430 + 2 * 280}m`,
        'requests.memory': `${4096 + 5 * 850 + 2 * 696}Mi`,
        'limits.cpu': `${6000 + 5 * 1250 + 2 * 1000}m`,
        'limits.memory': `${9216 + 5 * 1792 + 2 * 1024}Mi`,
      },
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: [priorityClass] }],
      },
    });
    expect(the(manifests, 'PriorityClass', priorityClass)).toBeDefined();
    for (const { owner, spec } of podsOf(manifests).filter(({ kind }) => kind === 'Deployment'))
      expect({ owner, class: spec.priorityClassName }).toEqual({ owner, class: priorityClass });
  });

  it.each<[string, Values, string]>([
    [
      'CPU',
      { api: { maxReplicas: 5 } },
      'requests.cpu of the API: 5 pods with 2150m and 1 workers with 280m',
    ],
    [
      'memory',
      {
        api: {
          resources: { requests: { cpu: '430m', memory: '850Mi' }, limits: { cpu: 1, memory: '2.5Gi' } },
        },
      },
      'limits.memory of the API: 4 pods with 10240Mi',
    ],
    ['a minimum above the preset’s maximum', { api: { minReplicas: 9 } }, 'requests.cpu of the API: 9 pods'],
  ])('refuses more %s than the budget has, at the HPA’s maximum', async (_what, values, message) => {
    expect(await refused(values)).toContain(message);
  });

  it('refuses more connections than MariaDB has, those of a rollout and of the worker among them', async () => {
    // (4 + 1) × 32, worker (1 + 1) × 16, Jobs 12
    expect(await refused({ database: { host: 'x', maxConnections: 203 } })).toContain(
      '5 API pods (1 of them in a rollout) × 1 processes × 32 = 160, workers 2 × 16 = 32, Jobs 12: 204 in all, but database.maxConnections is 203',
    );
    await api({ database: { host: 'x', maxConnections: 204 } });
    expect(await refused({ preset: 'fat', api: { workers: 12 } })).toContain('1 API pods (0 of them');
  });

  it('refuses more prepared statements than MariaDB has, counted by what the application keeps', async () => {
    const each = Number(/\| `DATABASE_STATEMENTS_MAX` \| `(\d+)`/.exec(configTable())?.[1]);
    const most = 204 * each;
    expect(await refused({ database: { host: 'x', maxPreparedStatements: most - 1 } })).toContain(
      `204 database connections (API pods 160, workers 32, Jobs 12) × config.DATABASE_STATEMENTS_MAX ${each} = ${most}, but database.maxPreparedStatements is ${most - 1}`,
    );
    await api({ database: { host: 'x', maxPreparedStatements: most } });
    expect(await refused({ config: { DATABASE_STATEMENTS_MAX: '256' } })).toContain('= 52224, but');
    await api({
      config: { DATABASE_STATEMENTS_MAX: 256 },
      database: { host: 'x', maxPreparedStatements: 52_224 },
    });
  });

  it('takes a zero over the preset for what it is', async () => {
    expect(the(await api({ api: { maxSurge: 0 } }), 'Deployment').spec).toMatchObject({
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '25%' } },
    });
    expect(await refused({ worker: { replicas: 0 } })).toContain('No process would do the background work');
  });

  it.each(['standard', 'thin'])('%s takes no pod of its minimum away in a rollout', async (preset) => {
    const { rollingUpdate } = the(await api({ preset }), 'Deployment').spec?.strategy as {
      rollingUpdate: { maxUnavailable: string; maxSurge: number };
    };
    const share = Number(/^(\d+)%$/.exec(rollingUpdate.maxUnavailable)?.[1]) / 100;
    expect(rollingUpdate.maxSurge).toBe(1);
    expect(Math.floor(2 * share)).toBe(0); // two pods are the minimum
    expect(Math.floor(4 * share)).toBe(1); // beside four there is no room in the budget
  });

  it('can drop the CPU limits, and then names what the quota must allow', async () => {
    const none = { resources: { limits: { cpu: null } } };
    expect(await refused({ api: none })).toContain('set budget.limits.cpu=null as well');
    const values = { api: none, worker: none, budget: { limits: { cpu: null } } };
    const manifests = await api(values);
    for (const { owner, spec } of podsOf(manifests).filter(({ kind }) => kind === 'Deployment')) {
      const { limits, requests } = spec.containers[0]?.resources ?? {};
      expect({ owner, limits: Object.keys(limits ?? {}) }).toEqual({ owner, limits: ['memory'] });
      expect(Object.keys(requests ?? {})).toEqual(['cpu', 'memory']);
    }
    expect(the(manifests, 'ResourceQuota').spec?.hard).not.toHaveProperty('limits.cpu');
    const fat = { ...values, preset: 'fat', api: { ...none, maxReplicas: 2, maxSurge: 0 }, budget: {} };
    expect(
      await refused({ ...fat, budget: { requests: { cpu: 4, memory: '8Gi' }, limits: null } }),
    ).toContain('the autoscaler needs hpa.cpu');
  });

  it('shares 60 % of the memory among the heaps of a pod', async () => {
    const heap = async (preset: string): Promise<string | undefined> =>
      envOf(await api({ preset }), 'Deployment concert-api').get('NODE_OPTIONS')?.value;
    expect(await heap('fat')).toBe('--max-old-space-size=819'); // 8192 × 0.6 / 6
    expect(await heap('dev')).toBe('--max-old-space-size=460');
  });
});

describe('scaling', () => {
  it('goes by CPU alone by default', async () => {
    expect(the(await api({}), 'HorizontalPodAutoscaler').spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'api' } }],
    });
  });

  it('goes by each signal that has a target', async () => {
    const hpa = { requestsInFlight: '20', eventLoopUtilization: '700m', waiting: '1000' };
    const { metrics } = the(await api({ hpa }), 'HorizontalPodAutoscaler').spec as {
      metrics: Record<string, { metric?: { name: string }; target: { averageValue: string | number } }>[];
    };
    const seen = metrics.flatMap((it) => Object.values(it).filter((part) => typeof part === 'object'));
    expect(seen.map(({ metric, target }) => [metric?.name ?? 'cpu', target.averageValue])).toEqual([
      ['cpu', '812m'],
      ['http_requests_in_flight', 20],
      ['nodejs_eventloop_utilization', '700m'],
      ['concert_queue_waiting', 1000],
    ]);
  });
});

describe('scaling by KEDA', () => {
  const cron = [{ start: '50 19 * * 5', end: '0 22 * * 5', timezone: 'Asia/Seoul', replicas: 4 }];
  interface Trigger {
    type: string;
    metadata: Record<string, string>;
  }

  it('replaces the HPA, with the same range and the same pace', async () => {
    const manifests = await api({ keda: { enabled: true, waiting: 500, cron } });
    expect(manifests.map(({ kind }) => kind)).not.toContain('HorizontalPodAutoscaler');
    const spec = the(manifests, 'ScaledObject').spec as unknown as {
      advanced: { horizontalPodAutoscalerConfig: unknown };
      triggers: Trigger[];
    };
    expect(spec).toMatchObject({ minReplicaCount: 2, maxReplicaCount: 4 });
    const { behavior } = the(await api({}), 'HorizontalPodAutoscaler').spec as { behavior: unknown };
    expect(spec.advanced.horizontalPodAutoscalerConfig).toEqual({ behavior });
    expect(the(manifests, 'Deployment').spec).not.toHaveProperty('replicas');
    expect(spec.triggers.map(({ type }) => type)).toEqual(['cpu', 'prometheus', 'prometheus', 'cron']);
    expect(spec.triggers.map(({ metadata }) => metadata)).toMatchObject([
      { value: '812m', containerName: 'api' },
      { serverAddress: 'http://concert-prometheus.shop:9090', threshold: '50' },
      { query: expect.stringContaining('max by (queue) (concert_queue_waiting{namespace="shop"') as string },
      { start: '50 19 * * 5', timezone: 'Asia/Seoul', desiredReplicas: '4' },
    ]);
  });

  it('queries metrics that the product exports', async () => {
    const manifests = await api({ keda: { enabled: true, waiting: '500' } });
    const text = JSON.stringify(the(manifests, 'ScaledObject'));
    const asked = [...text.matchAll(/(http_requests_in_flight|concert_\w+)\{/g)].map(([, name]) => name);
    expect(asked).toEqual(['http_requests_in_flight', 'concert_queue_waiting']);
  });

  it('refuses more pods before an opening than there may be', async () => {
    const many = cron.map((it) => ({ ...it, replicas: 9 }));
    expect(await refused({ keda: { enabled: true, cron: many } })).toContain('but api.maxReplicas is 4');
  });
});

describe('pods', () => {
  it('are given the time that the shutdown takes', async () => {
    const [pod] = podsOf(await api({ shutdown: { preStopSeconds: 3, drainMs: 4500, graceMs: 20000 } }));
    expect(pod?.spec).toMatchObject({ terminationGracePeriodSeconds: 3 + 25 + 5 });
    expect(pod?.spec.containers[0]).toMatchObject({ lifecycle: { preStop: { sleep: { seconds: 3 } } } });
  });

  it('are spread, but rather together than not at all', async () => {
    for (const { spec } of podsOf(await api({})).filter(({ kind }) => kind === 'Deployment'))
      for (const it of spec.topologySpreadConstraints as { whenUnsatisfiable: string }[])
        expect(it.whenUnsatisfiable).toBe('ScheduleAnyway');
  });

  it.each(cases.filter(({ chart }) => chart === 'concert-api'))(
    'never see the administrator of the database: $name',
    async (one) => {
      const pods = podsOf(await render(one));
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
    const keys = async (values: Values): Promise<string[]> =>
      Object.keys(the(await api(values), 'Secret').data ?? {}).sort();
    expect(await keys({})).toEqual(['TOKEN_SECRET']);
    const tokenSecretSecondary = 'the-next-secret-of-32-bytes-or-more';
    expect(await keys({ tokenSecretSecondary })).toEqual(['TOKEN_SECRET', 'TOKEN_SECRET_SECONDARY']);
    expect(envOf(await api({}), 'Deployment concert-api').get('TOKEN_SECRET_SECONDARY')).toMatchObject({
      valueFrom: { secretKeyRef: { name: 'concert-api', optional: true } },
    });
    expect(await refused({ tokenSecretSecondary: 'short' })).toContain('/tokenSecretSecondary');
  });
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
    expect(await name('0.1.0')).toMatch(/^concert-api-migrate-[0-9a-f]{8}$/);
    expect(await name('0.1.0')).toBe(await name('0.1.0', { api: { maxReplicas: 3 } }));
    expect(await name('0.2.0')).not.toBe(await name('0.1.0'));
    const resources = { requests: { cpu: '60m' }, limits: { cpu: '1' } };
    expect(await name('0.1.0', { migrate: { resources } })).not.toBe(await name('0.1.0'));
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
    expect(await args({})).toEqual(['dist/cli/migrate.js']);
    expect(await args({ devImage: true })).toEqual(['--require=./scripts/dev.js', 'src/cli/migrate.ts']);
  });
});

describe('connections', () => {
  interface Rule {
    from?: unknown[];
    to?: unknown[];
    ports: { port: number }[];
  }
  const policyOf = (manifests: Manifest[], name: string): { ingress?: Rule[]; egress?: Rule[] } =>
    the(manifests, 'NetworkPolicy', name).spec as { ingress?: Rule[]; egress?: Rule[] };
  const outside = (rules: Rule[] = []): number[] =>
    rules.filter(({ to }) => !to).flatMap(({ ports }) => ports.map(({ port }) => port));

  it('come from anybody only where the chart opens a way in', async () => {
    const isOpen = async (values: Values): Promise<boolean> =>
      (policyOf(await api(values), 'concert-api').ingress ?? []).some(({ from }) => !from);
    expect(await isOpen({})).toBe(false);
    expect(await isOpen({ ingress: { enabled: true } })).toBe(true);
    expect(await isOpen({ gateway: { enabled: true, parentRefs: [{ name: 'edge' }] } })).toBe(true);
    expect(await isOpen({ service: { type: 'NodePort' } })).toBe(true);
  });

  it('reach the operators’ port from Prometheus alone, however open the rest is', async () => {
    const manifests = await api({ service: { type: 'NodePort' }, ingress: { enabled: true } });
    const rules = ['concert-api', 'concert-api-worker'].flatMap(
      (name) => policyOf(manifests, name).ingress ?? [],
    );
    const callers = rules.filter(({ ports }) => ports.some(({ port }) => port === 9090));
    expect(callers.map(({ from }) => JSON.stringify(from))).toEqual([
      expect.stringContaining('"values":["prometheus"]'),
      expect.stringContaining('"values":["prometheus"]'),
    ]);
    const exposed = manifests.filter(
      ({ kind, spec }) => kind === 'Service' && spec?.type !== 'ClusterIP' && spec?.clusterIP !== 'None',
    );
    expect(exposed.map(({ spec }) => (spec?.ports as { name: string }[]).map(({ name }) => name))).toEqual([
      ['http'],
    ]);
  });

  it('go outside only for services elsewhere, the webhook, the gate and the collector of traces', async () => {
    const own = await api({ config: { NOTIFIER_WEBHOOK_URL: 'https://hook.example/' } });
    expect(outside(policyOf(own, 'concert-api').egress)).toEqual([]);
    expect(outside(policyOf(own, 'concert-api-worker').egress)).toEqual([80, 443]);
    const gated = await api({ config: { TOKEN_GATE: 'turnstile' } });
    expect(outside(policyOf(gated, 'concert-api').egress)).toEqual([443]);
    expect(outside(policyOf(gated, 'concert-api-worker').egress)).toEqual([]);
    expect(envOf(gated, 'Deployment concert-api').get('TOKEN_TURNSTILE_SECRET')).toMatchObject({
      valueFrom: { secretKeyRef: { key: 'TOKEN_TURNSTILE_SECRET' } },
    });
    const traced = await api({ config: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318' } });
    expect(outside(policyOf(traced, 'concert-api').egress)).toEqual([4318]);
    expect(outside(policyOf(traced, 'concert-api-worker').egress)).toEqual([4318]);
    expect(outside(policyOf(traced, 'concert-api-migrate').egress)).toEqual([]);
    const other = await api({
      database: { existingSecret: 'database' },
      redis: { existingSecret: 'redis' },
      kafka: { brokers: 'kafka.example:9092' },
    });
    expect(outside(policyOf(other, 'concert-api').egress)).toEqual([3306, 6379]);
    expect(outside(policyOf(other, 'concert-api-worker').egress)).toEqual([3306, 6379, 9092]);
    expect(outside(policyOf(other, 'concert-api-migrate').egress)).toEqual([3306]);
    const alone = await api({ preset: 'fat', kafka: { brokers: 'kafka.example:9092' } });
    expect(outside(policyOf(alone, 'concert-api').egress)).toEqual([9092]);
  });

  it('go to the ports that the URLs name', async () => {
    const manifests = await api({
      database: {
        url: 'mariadb://u:p@db.example:3307/concert',
        adminUrl: 'mariadb://a:p@db.example/concert',
      },
      redis: { url: 'rediss://u:p@one.example:6380,rediss://two.example:6381' },
      kafka: { brokers: 'k1.example:9094,k2.example:9095' },
    });
    expect(outside(policyOf(manifests, 'concert-api').egress)).toEqual([3307, 3306, 6380, 6381]);
    expect(outside(policyOf(manifests, 'concert-api-migrate').egress)).toEqual([3307, 3306]);
    expect(outside(policyOf(manifests, 'concert-api-worker').egress)).toEqual([
      3307, 3306, 6380, 6381, 9094, 9095,
    ]);
  });

  it('go to the sentinels and to the Redis that they name', async () => {
    const url = 'redis+sentinel://:p@s1.example,s2.example:26380/tickets/0';
    const manifests = await api({ redis: { url } });
    expect(outside(policyOf(manifests, 'concert-api').egress)).toEqual([26379, 26380, 6379]);
    expect(await refused({ redis: { url: 'redis+cluster://a/b' } })).toContain('/redis/url');
  });

  it('log in to the brokers with a Secret, in the pods that talk to them', async () => {
    const kafka = { brokers: 'k.example:9093', securityProtocol: 'SASL_SSL' };
    expect(await refused({ kafka })).toContain('kafka.existingSecret');
    const manifests = await api({ kafka: { ...kafka, existingSecret: 'broker' } });
    const worker = envOf(manifests, 'Deployment concert-api-worker');
    expect(worker.get('KAFKA_SECURITY_PROTOCOL')?.value).toBe('SASL_SSL');
    expect(worker.get('KAFKA_SASL_MECHANISM')?.value).toBe('SCRAM-SHA-512');
    expect(worker.get('KAFKA_SASL_PASSWORD')?.valueFrom?.secretKeyRef).toEqual({
      name: 'broker',
      key: 'password',
    });
    expect([...envOf(manifests, 'Deployment concert-api').keys()].join()).not.toContain('KAFKA');
    const tls = await api({ kafka: { ...kafka, securityProtocol: 'SSL' } });
    expect(envOf(tls, 'Deployment concert-api-worker').has('KAFKA_SASL_USERNAME')).toBe(false);
  });

  it('are demanded of who installs the chart alone', async () => {
    expect(await refusal('concert-api', {})).toContain('No database: set database.url');
    expect(await refusal('concert-api', { database: { host: 'x' } })).toContain('No Redis: set redis.url');
  });

  it('go to the Kafka of the release by its name', async () => {
    const manifests = await api({ kafka: { inRelease: true } });
    expect(the(manifests, 'ConfigMap').data).toMatchObject({ KAFKA_BROKERS: 'concert-kafka:9092' });
    expect(outside(policyOf(manifests, 'concert-api').egress)).toEqual([]);
  });
});

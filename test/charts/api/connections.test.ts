import { type Manifest, refusal } from '../support';
import { api, envOf, presetOf, refused, the } from './support';

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
    const isOpen = (manifests: Manifest[]): boolean =>
      (policyOf(manifests, 'concert-api').ingress ?? []).some(({ from }) => !from);
    expect(isOpen(presetOf('standard'))).toBe(false);
    expect(isOpen(await api({ ingress: { enabled: true } }))).toBe(true);
    expect(isOpen(await api({ gateway: { enabled: true, parentRefs: [{ name: 'edge' }] } }))).toBe(true);
    expect(isOpen(await api({ service: { type: 'NodePort' } }))).toBe(true);
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

  it('go outside only for services elsewhere, the webhook, drand, the gate and the collector of traces', async () => {
    const own = await api({ config: { NOTIFIER_WEBHOOK_URL: 'https://hook.example/' } });
    expect(outside(policyOf(own, 'concert-api').egress)).toEqual([]);
    expect(outside(policyOf(own, 'concert-api-worker').egress)).toEqual([80, 443]);
    const drawn = await api({ config: { DRAW_DRAND_URL: 'https://drand.example:8443' } });
    expect(outside(policyOf(drawn, 'concert-api').egress)).toEqual([]);
    expect(outside(policyOf(drawn, 'concert-api-worker').egress)).toEqual([8443]);
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

  it('must be given by a user who installs this chart alone', async () => {
    expect(await refusal('concert-api', {})).toContain('No database: set database.url');
    expect(await refusal('concert-api', { database: { host: 'x' } })).toContain('No Redis: set redis.url');
  });

  it('go to the Kafka of the release by its name', async () => {
    const manifests = await api({ kafka: { inRelease: true } });
    expect(the(manifests, 'ConfigMap').data).toMatchObject({ KAFKA_BROKERS: 'concert-kafka:9092' });
    expect(outside(policyOf(manifests, 'concert-api').egress)).toEqual([]);
  });
});

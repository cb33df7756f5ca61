import {
  helm,
  type Manifest,
  parse,
  podsOf,
  refusal,
  render,
  UNWATCHED,
  type Values,
  withoutFiles,
} from '../support';

const api = (values: Values): Values => ({ 'concert-api': values });
const url = 'mariadb://concert:x@db.example/concert';

const servicesOf = (manifests: Manifest[]): string[] =>
  manifests.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);

it.each(['concert', 'shop', 'mariadb-and-more'])(
  'finds its parts under the name of release %s',
  async (name) => {
    const manifests = parse(withoutFiles((await helm(['template', name, 'charts/concert'])).stdout));
    const services = servicesOf(manifests);
    const text = JSON.stringify(podsOf(manifests).map(({ spec }) => spec));
    const brokers = manifests.flatMap(({ data }) => data?.KAFKA_BROKERS ?? []);
    const hosts = [...text.matchAll(/(?:@|http:\/\/)([a-z][a-z0-9-]+):\d+/g)].map(([, host]) => host);
    for (const host of [...hosts, ...brokers.map((it) => it.replace(/:\d+$/, ''))])
      expect(services).toContain(host);
    const secrets = manifests.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name);
    const referred = [
      ...text.matchAll(/"secretKeyRef":\{"name":"([^"]+)"|"key":"[^"]+","name":"([^"]+)"\}/g),
    ];
    for (const [, one, other] of referred) expect(secrets).toContain(one ?? other);
  },
);

it.each<[string, Values, string]>([
  ['no MariaDB', { mariadb: { enabled: false } }, 'mariadb.enabled=false: give another one'],
  [
    'two MariaDBs',
    api({ database: { url, adminUrl: url } }),
    'concert-api.database names an external MariaDB: set mariadb.enabled=false',
  ],
  ['no Redis', { redis: { enabled: false } }, 'redis.enabled=false: give another one'],
  ['two Redis', api({ redis: { url: 'redis://x' } }), 'concert-api.redis names an external Redis'],
  [
    'no Kafka',
    { kafka: { enabled: false } },
    'concert-api.kafka.inRelease=false to handle events in-process',
  ],
  [
    'a UI of no Kafka',
    { kafka: { enabled: false }, ...api({ kafka: { inRelease: false } }) },
    'also set kafka-ui.enabled=false',
  ],
  [
    'a collector that nobody sends to',
    { 'otel-collector': { enabled: true, endpoint: 'http://tempo:4318' } },
    'also set concert-api.traces.collectorInRelease=true',
  ],
  [
    'traces to a collector that is not there',
    api({ traces: { collectorInRelease: true } }),
    'also set otel-collector.enabled=true',
  ],
  [
    'a collector of no backend',
    { 'otel-collector': { enabled: true }, ...api({ traces: { collectorInRelease: true } }) },
    'endpoint is empty: name the backend that keeps the traces',
  ],
  [
    'a collector under a name that nobody knows',
    {
      'otel-collector': { enabled: true, endpoint: 'http://tempo:4318', nameOverride: 'traces' },
      ...api({ traces: { collectorInRelease: true } }),
    },
    'otel-collector takes no nameOverride',
  ],
  ['connections counted wrongly', { mariadb: { maxConnections: 500 } }, 'must be the same'],
  ['prepared statements counted wrongly', { mariadb: { maxPreparedStatements: 9 } }, 'must be the same'],
  ['a Secret that one side knows', { redis: { auth: { existingSecret: 'vault' } } }, 'the same Secret'],
  [
    'a password that one side knows',
    { redis: { auth: { password: 'x' } } },
    'concert-api.redis.password must be',
  ],
  [
    'a MariaDB under a name that nobody knows',
    { mariadb: { fullnameOverride: 'db' } },
    'set concert-api.database.host=db, or nobody finds it',
  ],
  [
    'a Redis under a name that nobody knows',
    { redis: { nameOverride: 'cache' } },
    'set concert-api.redis.host=concert-cache, or nobody finds it',
  ],
  [
    'a Kafka under a name that nobody knows',
    { kafka: { nameOverride: 'log' } },
    'set concert-api.kafka.brokers=concert-log:9092, or nobody finds it',
  ],
  ['too large an API', api({ preset: 'thin', api: { poolMax: 100 } }), 'Database connections: 6 API pods'],
  ['an unknown value of a part', { mariadb: { enabled: true, replicas: 2 } }, "'replicas' not allowed"],
])('refuses %s', async (_what, values, message) => {
  expect(await refusal('concert', { ...UNWATCHED, ...values })).toContain(message);
});

it('renders without its optional parts', async () => {
  const off = ['kafka', 'kafka-ui', 'influxdb', 'prometheus', 'grafana'];
  const values = {
    ...Object.fromEntries(off.map((part) => [part, { enabled: false }])),
    ...api({ kafka: { inRelease: false } }),
  };
  const manifests = await render({ chart: 'concert', values });
  expect(servicesOf(manifests).sort()).toEqual([
    'concert-api',
    'concert-api-management',
    'concert-api-worker',
    'concert-mariadb',
    'concert-redis',
  ]);
  expect(JSON.stringify(manifests)).not.toContain('kafka');
});

it('reaches stores under other names that its values give, also through the network policies', async () => {
  const values = {
    ...UNWATCHED,
    mariadb: { fullnameOverride: 'db' },
    redis: { nameOverride: 'cache' },
    kafka: { nameOverride: 'log' },
    ...api({
      database: { host: 'db' },
      redis: { host: 'concert-cache' },
      kafka: { brokers: 'concert-log:9092' },
    }),
  };
  const manifests = await render({ chart: 'concert', values });
  const components = podsOf(manifests).map(({ labels }) => labels['app.kubernetes.io/component']);
  expect(components).toEqual(expect.arrayContaining(['mariadb', 'redis', 'kafka']));
  const policy = manifests.find(
    ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'concert-api-worker',
  );
  const text = JSON.stringify(policy?.spec?.egress);
  for (const store of ['mariadb', 'redis', 'kafka']) expect(text).toContain(`"values":["${store}"]`);
});

it("restarts the API's pods when the password of Redis is another one", async () => {
  const annotations = async (password: string): Promise<unknown> => {
    const values = { ...UNWATCHED, redis: { auth: { password } }, ...api({ redis: { password } }) };
    const deployment = (await render({ chart: 'concert', values })).find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'concert-api',
    );
    return (deployment?.spec?.template as Manifest).metadata.annotations;
  };
  const one = await annotations('one');
  expect(await annotations('one')).toEqual(one);
  expect(await annotations('two')).not.toEqual(one);
});

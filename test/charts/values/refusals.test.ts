import { charts, refusal, render, type Values } from '../support';

/** A wrong value ends the installation before anything is sent, with its path and what it should be. */
const REFUSALS: [string, Values, string][] = [
  ['mariadb', { maxConnections: 'many' }, "at '/maxConnections': got string, want integer"],
  ['mariadb', { maxConnections: 5 }, "at '/maxConnections': minimum: got 5, want 10"],
  ['mariadb', { auth: { password: "it's" } }, "at '/auth/password': 'it\\'s' does not match pattern"],
  [
    'mariadb',
    { persistence: { sise: '1Gi' } },
    "at '/persistence': additional properties 'sise' not allowed",
  ],
  ['redis', { maxMemory: '1Gi' }, "at '/maxMemory': '1Gi' does not match pattern"],
  ['redis', { extraArgs: ['--maxmemory-policy', 'allkeys-lru'] }, 'extraArgs may not set --maxmemory-policy'],
  ['redis', { image: { tag: '' } }, "at '/image/tag': '' does not match pattern"],
  ['redis', { image: { digest: 'sha256:abc' } }, "at '/image/digest': 'sha256:abc' does not match pattern"],
  ['kafka', { clusterId: 'short' }, "at '/clusterId': 'short' does not match pattern"],
  [
    'kafka',
    { extraProperties: { 'log.dirs': '/x' } },
    "at '/extraProperties': additional properties 'log.dirs' not allowed",
  ],
  ['kafka-ui', { readOnly: 'perhaps' }, "at '/readOnly': got string, want boolean"],
  [
    'influxdb',
    { resources: { limits: { cpus: 1 } } },
    "at '/resources/limits': additional properties 'cpus' not allowed",
  ],
  ['prometheus', { scrapeInterval: '5 s' }, "at '/scrapeInterval': '5 s' does not match pattern"],
  ['grafana', { auth: { anonymous: true } }, "at '/auth': additional properties 'anonymous' not allowed"],
  ['otel-collector', { endpoint: 'tempo:4317' }, "at '/endpoint': 'tempo:4317' does not match pattern"],
  ['concert-api', { webhookEncryptionKey: 'short' }, "at '/webhookEncryptionKey': 'short' does not match"],
  ['k6', { scenario: 'nonsense' }, 'scenario nonsense: there is no k6/nonsense.ts'],
  ['k6', { variables: { rate: 5 } }, "at '/variables': additional properties 'rate' not allowed"],
  ['concert-api', { preset: 'huge' }, "at '/preset': value must be one of 'fat', 'standard', 'thin', 'dev'"],
  ['concert', { redis: { maxMemory: 1 } }, "at '/maxMemory': got number, want string"],
];

it.each(REFUSALS.filter(([chart]) => charts.includes(chart)))(
  '%s refuses %j',
  async (chart, values, message) => {
    expect(await refusal(chart, values)).toContain(message);
  },
);

it.each(charts)('%s refuses a value that it does not know', async (chart) => {
  expect(await refusal(chart, { replicass: 2 })).toContain("additional properties 'replicass' not allowed");
});

it('refuses what Kubernetes would refuse in labels and variables', async () => {
  const answer = await refusal('redis', {
    global: { labels: { 'example.com/team': 'a'.repeat(64), 'helm.sh/chart': 'mine', '-a': 'b' } },
    podLabels: { team: 'two words' },
    nodeSelector: { zone: 'a/b' },
    extraEnv: [
      { name: 'RATE', value: 5 },
      { name: 'A', valu: '' },
    ],
  });
  for (const fault of [
    "at '/global/labels/example.com~1team': maxLength: got 64, want 63",
    "propertyName 'helm.sh/chart'",
    "propertyName '-a'",
    "at '/podLabels/team': 'two words' does not match pattern",
    "at '/nodeSelector/zone': 'a/b' does not match pattern",
    "at '/extraEnv/0/value': got number, want string",
    "at '/extraEnv/1': additional properties 'valu' not allowed",
  ])
    expect(answer).toContain(fault);
});

it('refuses names, hosts and times that Kubernetes would refuse', async () => {
  const answer = await refusal('concert-api', {
    ingress: { host: 'https://a', className: 'Nginx', tlsSecret: 'a/b' },
    gateway: { hostnames: ['a b'] },
    priorityClassName: 'very_high',
    redis: { existingSecret: '.redis' },
    backup: { schedule: 'every day', timeZone: 'Asia Seoul', claim: { storageClass: 'Fast SSD' } },
    keda: { cron: [{ start: '50 19 * *', end: '@often', timezone: '', replicas: 1 }] },
  });
  for (const path of [
    '/ingress/host',
    '/ingress/className',
    '/ingress/tlsSecret',
    '/gateway/hostnames/0',
    '/priorityClassName',
    '/redis/existingSecret',
    '/backup/schedule',
    '/backup/timeZone',
    '/backup/claim/storageClass',
    '/keda/cron/0/start',
    '/keda/cron/0/end',
    '/keda/cron/0/timezone',
  ])
    expect(answer).toMatch(new RegExp(`at '${path}': '.*' does not match pattern`));
});

it('takes hosts and names that YAML reads as something else, and Secrets named after a host', async () => {
  const hosts = ['*.example.org', '12345'].map(async (host) => {
    const ingress = { enabled: true, host, className: '1e3', tlsSecret: 'example.org-tls' };
    const tokenSecret = 'a-token-secret-of-32-bytes-or-more';
    const stores = { database: { existingSecret: 'shop.database' }, redis: { existingSecret: 'shop.redis' } };
    const manifests = await render({ chart: 'concert-api', values: { ...stores, tokenSecret, ingress } });
    return manifests.find(({ kind }) => kind === 'Ingress')?.spec;
  });
  expect(await Promise.all(hosts)).toMatchObject(
    ['*.example.org', '12345'].map((host) => ({
      ingressClassName: '1e3',
      tls: [{ secretName: 'example.org-tls', hosts: [host] }],
      rules: [{ host }],
    })),
  );
});

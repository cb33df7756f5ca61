import { charts, type Case } from './support';

const auth = { password: 'golden' };
const digest = `sha256:${'0'.repeat(64)}`;
const noStorage = { persistence: { enabled: false } };
const service = { tokenSecret: 'golden-token-secret-of-32-bytes-' };
const databases = {
  mariadb: { auth: { ...auth, rootPassword: 'golden', adminPassword: 'golden', backupPassword: 'golden' } },
};
const whole = {
  ...databases,
  redis: { auth },
  grafana: { auth },
  'concert-api': { ...service, redis: { password: auth.password } },
};
const PARTS = ['mariadb', 'redis', 'kafka', 'kafka-ui', 'influxdb', 'prometheus', 'grafana'];

/** Each of them has a golden file, and is checked in every way. Passwords are given, for random ones differ. */
const ALL: Case[] = [
  { name: 'mariadb', chart: 'mariadb', values: databases.mariadb },
  {
    name: 'mariadb-own-secret',
    chart: 'mariadb',
    values: {
      auth: { existingSecret: 'vault' },
      image: { digest },
      maxConnections: 500,
      persistence: { storageClass: 'fast', keep: true },
      networkPolicy: { extraIngress: [{ from: [{ namespaceSelector: {} }] }] },
    },
  },
  { name: 'redis', chart: 'redis', values: { auth } },
  {
    name: 'redis-without-storage',
    chart: 'redis',
    values: { auth, ...noStorage, networkPolicy: { enabled: false } },
  },
  { name: 'kafka', chart: 'kafka' },
  {
    name: 'kafka-without-storage',
    chart: 'kafka',
    values: { ...noStorage, extraProperties: { KAFKA_NUM_PARTITIONS: '6' } },
  },
  { name: 'kafka-ui', chart: 'kafka-ui' },
  { name: 'influxdb', chart: 'influxdb' },
  { name: 'prometheus', chart: 'prometheus' },
  {
    name: 'prometheus-more',
    chart: 'prometheus',
    values: {
      ...noStorage,
      scrapeInterval: '15s',
      extraScrapeConfigs: [{ job_name: 'node', static_configs: [{ targets: ['node:9100'] }] }],
      alertmanagers: ['alertmanager.monitoring:9093'],
      runbookBaseUrl: 'https://git.example/concert/blob/main/docs/runbooks',
      kubeStateMetrics: { target: 'kube-state-metrics.kube-system:8080' },
    },
  },
  { name: 'prometheus-state', chart: 'prometheus', values: { kubeStateMetrics: { enabled: true } } },
  {
    name: 'prometheus-rules-alone',
    chart: 'prometheus',
    values: {
      server: { enabled: false },
      prometheusRule: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
    },
  },
  { name: 'grafana', chart: 'grafana', values: { auth } },
  {
    name: 'grafana-dashboards-alone',
    chart: 'grafana',
    values: {
      server: { enabled: false },
      sidecar: { datasources: true, annotations: { grafana_folder: 'Concert' } },
    },
  },
  {
    name: 'otel-collector',
    chart: 'otel-collector',
    values: {
      endpoint: 'https://traces.example/otlp',
      existingSecret: 'traces',
      caFile: '/ca/ca.crt',
      extraVolumes: [{ name: 'ca', secret: { secretName: 'ca' } }],
      extraVolumeMounts: [{ name: 'ca', mountPath: '/ca' }],
    },
  },
  {
    name: 'grafana-open',
    chart: 'grafana',
    values: {
      auth: { existingSecret: 'vault', anonymousViewer: true },
      persistence: { enabled: true },
      prometheusUrl: 'http://prometheus.monitoring:9090',
    },
  },
  ...['fat', 'standard', 'thin', 'dev'].map((preset) => ({
    name: `concert-api-${preset}`,
    chart: 'concert-api',
    values: { preset, ...service, database: { host: 'concert-mariadb' }, redis: { host: 'concert-redis' } },
  })),
  {
    name: 'concert-api-keda',
    chart: 'concert-api',
    values: {
      ...service,
      database: { host: 'concert-mariadb' },
      redis: { host: 'concert-redis' },
      keda: {
        enabled: true,
        waiting: '500',
        cron: [{ start: '50 19 * * 5', end: '0 22 * * 5', timezone: 'Asia/Seoul', replicas: 4 }],
      },
    },
  },
  {
    name: 'concert-api-elsewhere',
    chart: 'concert-api',
    values: {
      ...service,
      database: { existingSecret: 'database' },
      redis: { url: 'redis://redis.example:6379' },
      kafka: { brokers: 'kafka.example:9092' },
      seed: { enabled: true },
      ingress: { enabled: true, tlsSecret: 'certificate' },
      web: { enabled: true },
      gateway: { enabled: true, parentRefs: [{ name: 'edge' }], hostnames: ['concert.local'] },
      serviceMonitor: { enabled: true },
      hpa: { requestsInFlight: '50', waiting: '500' },
    },
  },
  {
    name: 'concert-api-backup',
    chart: 'concert-api',
    values: {
      ...service,
      database: { host: 'concert-mariadb' },
      redis: { host: 'concert-redis' },
      backup: { enabled: true },
    },
  },
  {
    name: 'concert-api-backup-elsewhere',
    chart: 'concert-api',
    values: {
      ...service,
      database: { existingSecret: 'database' },
      redis: { existingSecret: 'redis' },
      backup: {
        enabled: true,
        claim: { existingClaim: 'dumps' },
        database: {
          host: 'db.example',
          port: 3307,
          passwordSecret: 'database-backup',
          options: ['--ssl', '--ssl-verify-server-cert'],
        },
        s3: { enabled: true, endpoint: 'https://s3.example:9000', bucket: 'dumps', existingSecret: 's3' },
      },
    },
  },
  { name: 'concert', chart: 'concert', values: whole },
  {
    name: 'concert-alone',
    chart: 'concert',
    values: {
      ...Object.fromEntries(PARTS.map((part) => [part, { enabled: false }])),
      'concert-api': {
        ...service,
        database: {
          url: 'mariadb://concert:x@db.example/concert',
          adminUrl: 'mariadb://admin:x@db.example/concert',
        },
        redis: { existingSecret: 'redis' },
        kafka: { inRelease: false },
      },
    },
  },
  {
    name: 'concert-api-traces',
    chart: 'concert-api',
    values: {
      tokenExistingSecret: 'vault',
      webhookEncryptionKey: 'golden-webhook-key-of-32-bytes-1',
      webhookEncryptionKeySecondary: 'golden-webhook-key-of-32-bytes-0',
      database: { host: 'concert-mariadb' },
      redis: { host: 'concert-redis' },
      traces: { collectorInRelease: true },
      web: { enabled: true },
    },
  },
  { name: 'k6', chart: 'k6' },
  {
    name: 'k6-spike',
    chart: 'k6',
    values: {
      scenario: 'spike',
      variables: { PEAK: 1000 },
      testId: 'opening',
      report: true,
      influx: { enabled: false },
    },
  },
];

export const cases = ALL.filter(({ chart }) => charts.includes(chart));

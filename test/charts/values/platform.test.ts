import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { charts, type Manifest, parse, podsOf, render, root, template, type Values } from '../support';

/** What others decide on a shared cluster: who may install, and how little there is to say. */
interface Rule {
  kinds: string[];
  group: string;
}
/** What the ClusterRole admin may create in its namespace (https://kubernetes.io/docs/reference/access-authn-authz/rbac/). */
const ADMIN: Rule[] = [
  {
    group: 'v1',
    kinds: ['ConfigMap', 'PersistentVolumeClaim', 'Pod', 'Secret', 'Service', 'ServiceAccount'],
  },
  { group: 'apps/v1', kinds: ['Deployment', 'StatefulSet'] },
  { group: 'autoscaling/v2', kinds: ['HorizontalPodAutoscaler'] },
  { group: 'batch/v1', kinds: ['CronJob', 'Job'] },
  { group: 'networking.k8s.io/v1', kinds: ['Ingress', 'NetworkPolicy'] },
  { group: 'policy/v1', kinds: ['PodDisruptionBudget'] },
  { group: 'rbac.authorization.k8s.io/v1', kinds: ['Role', 'RoleBinding'] },
];

const valuesIn = (file: string): Record<string, Values> =>
  parseYaml(readFileSync(join(root, 'k8s/values', file), 'utf8')) as Record<string, Values>;
/** What needs more rights than these. */
const beyond = (manifests: Manifest[], rules: Rule[]): string[] =>
  manifests
    .filter(
      ({ apiVersion, kind }) =>
        !rules.some(({ group, kinds }) => group === apiVersion && kinds.includes(kind)),
    )
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

it('k8s/values/namespace-admin.yaml installs the whole with no right on the cluster', async () => {
  const more = { backup: { enabled: true }, web: { enabled: true }, ingress: { enabled: true } };
  const values = {
    'concert-api': { ...valuesIn('namespace-admin.yaml')['concert-api'], ...more },
    prometheus: { kubeStateMetrics: { enabled: true } },
  };
  expect(beyond(await render({ chart: 'concert', values }), ADMIN)).toEqual([]);
});

describe('k8s/values/platform.yaml', () => {
  const operator = { group: 'monitoring.coreos.com/v1', kinds: ['PrometheusRule', 'ServiceMonitor'] };
  let text: string;
  let manifests: Manifest[];
  beforeAll(async () => {
    text = await template({ chart: 'concert', values: valuesIn('platform.yaml') });
    manifests = parse(text);
  });

  it('renders the same twice, with no password', async () => {
    expect(await template({ chart: 'concert', values: valuesIn('platform.yaml') })).toBe(text);
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const secrets = [...text.matchAll(/secretKeyRef:\s+name: (\S+)/g)].map(([, name]) => name);
    expect([...new Set(secrets)].sort()).toEqual([
      'concert-database',
      'concert-kafka',
      'concert-redis',
      'concert-token',
    ]);
  });

  it('needs no right on the cluster, and runs the product alone', () => {
    expect(beyond(manifests, [...ADMIN, operator])).toEqual([]);
    const components = podsOf(manifests).map(({ labels }) => labels['app.kubernetes.io/component']);
    expect(components.sort()).toEqual(['api', 'migrate', 'test', 'worker']);
  });

  it('is scraped, alerts and is shown by what the platform has', () => {
    const kinds = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(kinds).toEqual(
      expect.arrayContaining([
        'ServiceMonitor concert-api',
        'PrometheusRule concert-prometheus',
        'ConfigMap concert-grafana-concert-service',
      ]),
    );
  });
});

/** The least that each chart must be given; the others need nothing. */
const LEAST: Record<string, Values> = {
  'concert-api': { database: { existingSecret: 'database' }, redis: { existingSecret: 'redis' } },
  'otel-collector': { endpoint: 'http://tempo.monitoring:4318' },
};

it.each(charts)('%s is installed with two values at most', async (chart) => {
  const values = LEAST[chart] ?? {};
  expect(Object.keys(values).length).toBeLessThanOrEqual(2);
  expect((await render({ chart, values })).map(({ kind }) => kind)).toContain('ServiceAccount');
});

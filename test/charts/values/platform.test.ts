import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { charts, render, root, type Values } from '../support';

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

it('k8s/values/namespace-admin.yaml installs the whole with no right on the cluster', async () => {
  const file = join(root, 'k8s/values/namespace-admin.yaml');
  const values = parseYaml(readFileSync(file, 'utf8')) as Record<string, Values>;
  const more = { backup: { enabled: true }, web: { enabled: true }, ingress: { enabled: true } };
  const manifests = await render({
    chart: 'concert',
    values: {
      'concert-api': { ...values['concert-api'], ...more },
      prometheus: { kubeStateMetrics: { enabled: true } },
    },
  });
  const others = manifests.filter(
    ({ apiVersion, kind }) => !ADMIN.some(({ group, kinds }) => group === apiVersion && kinds.includes(kind)),
  );
  expect(others.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
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

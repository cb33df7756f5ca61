import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { helm, type Values } from './support';

/** As much of the Kubernetes API as Helm's `lookup` needs: discovery, and the objects that a test puts there. */
const KINDS: Record<string, Record<string, string>> = {
  v1: {
    ConfigMap: 'configmaps',
    PersistentVolumeClaim: 'persistentvolumeclaims',
    Pod: 'pods',
    ResourceQuota: 'resourcequotas',
    Secret: 'secrets',
    Service: 'services',
    ServiceAccount: 'serviceaccounts',
  },
  'apps/v1': { Deployment: 'deployments', StatefulSet: 'statefulsets' },
  'autoscaling/v2': { HorizontalPodAutoscaler: 'horizontalpodautoscalers' },
  'batch/v1': { Job: 'jobs', CronJob: 'cronjobs' },
  'networking.k8s.io/v1': { NetworkPolicy: 'networkpolicies' },
  'policy/v1': { PodDisruptionBudget: 'poddisruptionbudgets' },
  'rbac.authorization.k8s.io/v1': { Role: 'roles', RoleBinding: 'rolebindings' },
  'scheduling.k8s.io/v1': { PriorityClass: 'priorityclasses' },
};
const CLUSTER_WIDE = ['PriorityClass'];
const GROUPS = Object.keys(KINDS).filter((groupVersion) => groupVersion.includes('/'));

export interface Live {
  apiVersion: string;
  kind: string;
  metadata: { name: string; managedFields?: unknown[] };
  data?: Record<string, string>;
  spec?: Record<string, unknown>;
}

const pathOf = ({ apiVersion, kind, metadata }: Live): string =>
  `${groupPath(apiVersion)}/namespaces/shop/${KINDS[apiVersion]?.[kind] ?? ''}/${metadata.name}`;
const groupPath = (groupVersion: string): string =>
  groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;

function discovery(): Record<string, unknown> {
  const groups = GROUPS.map((groupVersion) => {
    const [name, version] = groupVersion.split('/');
    const versions = [{ groupVersion, version }];
    return { name, versions, preferredVersion: versions[0] };
  });
  const lists = Object.entries(KINDS).map(([groupVersion, kinds]) => {
    const resources = Object.entries(kinds).map(([kind, name]) => {
      return { kind, name, singularName: '', namespaced: !CLUSTER_WIDE.includes(kind), verbs: ['get'] };
    });
    return [groupPath(groupVersion), { kind: 'APIResourceList', groupVersion, resources }];
  });
  return {
    '/version': { major: '1', minor: '34', gitVersion: 'v1.34.4' },
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups },
    ...(Object.fromEntries(lists) as Record<string, unknown>),
  };
}

async function serve(objects: Live[]): Promise<Server> {
  const answers = { ...discovery(), ...Object.fromEntries(objects.map((it) => [pathOf(it), it])) };
  const missing = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 };
  const server = createServer((request, response) => {
    const answer = answers[(request.url ?? '').split('?')[0] ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? missing));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** As `helm upgrade concert` renders it in the namespace shop where `objects` are. Rejects with Helm's `stderr`. */
export async function templateInCluster(
  objects: Live[],
  { chart, values = {} }: { chart: string; values?: Values },
): Promise<string> {
  const server = await serve(objects);
  const { port } = server.address() as AddressInfo;
  const cluster = ['--dry-run=server', '--kube-apiserver', `http://127.0.0.1:${port}`];
  const args = ['template', 'concert', `charts/${chart}`, '--namespace', 'shop', '--is-upgrade'];
  try {
    return (await helm([...args, ...cluster, '--disable-openapi-validation'], values)).stdout;
  } finally {
    server.close();
  }
}

// npm exec -- node test/charts/schemas/make.ts: kubernetes.json, what kubeconform validates by, of the OpenAPI document in the
// Kubernetes module and of the resource definitions of others. Needs Go. Strict: what a definition does not name is
// refused. Without descriptions.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const MODULE = 'k8s.io/kubernetes@v1.34.5';
const KINDS = [
  'v1 ConfigMap',
  'v1 LimitRange',
  'v1 Namespace',
  'v1 PersistentVolumeClaim',
  'v1 Pod',
  'v1 ResourceQuota',
  'v1 Secret',
  'v1 Service',
  'v1 ServiceAccount',
  'apiregistration.k8s.io/v1 APIService',
  'apps/v1 Deployment',
  'apps/v1 StatefulSet',
  'autoscaling/v2 HorizontalPodAutoscaler',
  'batch/v1 CronJob',
  'batch/v1 Job',
  'networking.k8s.io/v1 Ingress',
  'networking.k8s.io/v1 NetworkPolicy',
  'policy/v1 PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1 ClusterRole',
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1 Role',
  'rbac.authorization.k8s.io/v1 RoleBinding',
  'scheduling.k8s.io/v1 PriorityClass',
];

const OPERATOR = 'github.com/prometheus-operator/prometheus-operator@v0.83.0';
const CUSTOM: { module: string; file: string; version?: string }[] = [
  { module: OPERATOR, file: 'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml' },
  { module: OPERATOR, file: 'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml' },
  {
    module: 'github.com/kedacore/keda/v2@v2.17.2',
    file: 'config/crd/bases/keda.sh_scaledobjects.yaml',
    version: 'v1alpha1',
  },
  {
    module: 'github.com/argoproj/argo-cd/v2@v2.14.15',
    file: 'manifests/crds/application-crd.yaml',
    version: 'v1alpha1',
  },
  {
    module: 'sigs.k8s.io/gateway-api@v1.3.0',
    file: 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml',
  },
];

interface CustomDefinition {
  spec: {
    group: string;
    names: { kind: string };
    versions: { name: string; schema: { openAPIV3Schema: Definition } }[];
  };
}

interface Definition {
  [key: string]: unknown;
  description?: string;
  properties?: Record<string, Definition>;
  additionalProperties?: unknown;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

const stringOr = (type: string): Definition => ({ type: ['string', type] });
/** What the document calls a string, and Kubernetes takes as a number, too. */
const LOOSE: Record<string, Definition> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': stringOr('number'),
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': stringOr('integer'),
};

function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const { properties, ...rest } = value as Definition;
  const kept = Object.entries(rest).filter(
    ([key, it]) => !key.startsWith('x-') && !(key === 'description' && typeof it === 'string'),
  );
  const result = Object.fromEntries(kept.map(([key, it]) => [key, strict(it)]));
  if (properties === undefined) return result;
  const named = Object.entries(properties).map(([name, it]) => [name, strict(it)]);
  return { ...result, properties: Object.fromEntries(named) as unknown, additionalProperties: false };
}

function readModule(module: string, file: string): string {
  const args = ['mod', 'download', '-json', module];
  const { Dir } = JSON.parse(execFileSync('go', args, { cwd: '/', encoding: 'utf8' })) as { Dir: string };
  return readFileSync(join(Dir, file), 'utf8');
}

const document = JSON.parse(readModule(MODULE, 'api/openapi-spec/swagger.json')) as {
  definitions: Record<string, Definition>;
};

const definitions: Record<string, unknown> = {};
const kinds: Record<string, string> = {};
function take(name: string): void {
  if (name in definitions) return;
  const definition = LOOSE[name] ?? strict(document.definitions[name]);
  definitions[name] = definition;
  for (const [, next = ''] of JSON.stringify(definition).matchAll(/"#\/definitions\/([^"]+)"/g)) take(next);
}
for (const [name, definition] of Object.entries(document.definitions)) {
  for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
    const id = `${group === '' ? version : `${group}/${version}`} ${kind}`;
    if (!KINDS.includes(id)) continue;
    kinds[id] = name;
    take(name);
  }
}
for (const { module, file, version = 'v1' } of CUSTOM) {
  const { spec } = parse(readModule(module, file)) as CustomDefinition;
  for (const { name, schema } of spec.versions.filter((it) => it.name === version)) {
    const definition = `${spec.group}.${name}.${spec.names.kind}`;
    kinds[`${spec.group}/${name} ${spec.names.kind}`] = definition;
    definitions[definition] = strict(schema.openAPIV3Schema);
  }
}
const missing = KINDS.filter((id) => !(id in kinds));
if (missing.length > 0) throw new Error(`The document does not know ${missing.join(', ')}.`);

const lines = (map: Record<string, unknown>): string =>
  Object.keys(map)
    .sort()
    .map((key) => `    ${JSON.stringify(key)}: ${JSON.stringify(map[key])}`)
    .join(',\n');
writeFileSync(
  'test/charts/schemas/kubernetes.json',
  `{\n  "from": ${JSON.stringify([MODULE, ...new Set(CUSTOM.map(({ module }) => module))])},\n  "kinds": {\n${lines(kinds)}\n  },\n  "definitions": {\n${lines(definitions)}\n  }\n}\n`,
);

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse as parseYaml, parseAllDocuments } from 'yaml';
import { merged } from '../../../lab/k8s/cluster/release.ts';
import { amountOf, type Manifest, manifestsOf, podsOf, render, root, type Values } from '../support';

/** Neither skaffold nor kind can be run everywhere: what their files name must exist, and install. */
interface Artifact {
  image: string;
  docker: { dockerfile: string; target?: string };
  sync?: { manual: { src: string; dest: string }[] };
}
interface Release {
  name: string;
  chartPath: string;
  namespace: string;
  skipBuildDependencies: boolean;
  valuesFiles?: string[];
  setValueTemplates?: Record<string, string>;
}
interface Forward {
  resourceType: string;
  resourceName: string;
  port: number;
}
interface Skaffold {
  apiVersion: string;
  build: { artifacts: Artifact[] };
  deploy: { helm: { releases: Release[] } };
  portForward: Forward[];
  profiles: { name: string; patches: { op: string; path: string; value: unknown }[] }[];
}

const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const skaffold = (): Skaffold => parseYaml(read('skaffold.yaml')) as Skaffold;
const PROFILES = skaffold().profiles.map(({ name }) => name);

/** RFC 6902 as far as the profiles use it: add and replace. */
function withProfile(name: string): Skaffold {
  const config = skaffold();
  for (const { op, path, value } of config.profiles.find((it) => it.name === name)?.patches ?? []) {
    const keys = path.split('/').slice(1);
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], config);
    if (parent === undefined || (op === 'replace' && !(last in (parent as object))))
      throw new Error(`${name}: there is nothing at ${path}`);
    if (Array.isArray(parent) && last === '-') parent.push(value);
    else (parent as Record<string, unknown>)[last] = value;
  }
  return config;
}

const valuesIn = (file: string): Values => parseYaml(read(file)) as Values;

function valuesOf({ valuesFiles = [], setValueTemplates = {} }: Release): Values {
  const set = Object.entries(setValueTemplates).map(([path, text]) => {
    const value = text.replace(/\{\{\.IMAGE_(REPO|TAG)_concert_api\}\}/, (_, what: string) =>
      what === 'REPO' ? 'concert-api' : 'f00d',
    );
    return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;
  });
  return [...valuesFiles.map(valuesIn), ...set].reduce(merged, {});
}

const renderings = new Map<string, Promise<Manifest[]>>();
/** Several tests look at what the same values make. */
function renderOnce(chart: string, values: Values): Promise<Manifest[]> {
  const key = JSON.stringify([chart, values]);
  const rendering = renderings.get(key) ?? render({ chart, values });
  renderings.set(key, rendering);
  return rendering;
}
const rendered = (release: Release): Promise<Manifest[]> =>
  renderOnce(basename(release.chartPath), valuesOf(release));

describe.each(['', ...PROFILES])('skaffold, profile "%s"', (profile) => {
  const config = withProfile(profile);

  it('builds from files that exist', () => {
    for (const { docker, sync } of config.build.artifacts) {
      const stages = [...read(docker.dockerfile).matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, name]) => name);
      if (docker.target !== undefined) expect(stages).toContain(docker.target);
      for (const { src } of sync?.manual ?? [])
        expect(existsSync(join(root, src.replace('/**', '')))).toBe(true);
    }
  });

  it('installs charts that take its values', async () => {
    for (const release of config.deploy.helm.releases) {
      const isPacked = release.chartPath.startsWith('.services/');
      expect(release).toMatchObject({ namespace: 'concert', skipBuildDependencies: isPacked });
      const images = podsOf(await rendered(release)).map(({ spec }) => spec.containers[0]?.image);
      if (release.name === 'concert') expect(images).toContain('concert-api:f00d');
      else expect(images).toHaveLength(1);
    }
  });

  it('forwards ports of services that it installs', async () => {
    const manifests = (await Promise.all(config.deploy.helm.releases.map(rendered))).flat();
    for (const { resourceType, resourceName, port } of config.portForward) {
      expect(resourceType).toBe('service');
      const service = manifests.find(
        ({ kind, metadata }) => kind === 'Service' && metadata.name === resourceName,
      );
      expect({ resourceName, ports: service?.spec?.ports }).toMatchObject({ ports: [{ port }] });
    }
  });
});

it('synchronizes sources into an image that runs them and can be written to', async () => {
  const [artifact] = withProfile('dev').build.artifacts;
  expect(artifact).toMatchObject({
    docker: { target: 'dev' },
    sync: { manual: [{ src: 'src/**', dest: '.' }] },
  });
  const [release] = withProfile('dev').deploy.helm.releases;
  const pods = podsOf(release ? await rendered(release) : []);
  const api = pods.find(({ owner }) => owner === 'Deployment concert-api')?.spec.containers[0];
  expect(api?.securityContext).toMatchObject({ readOnlyRootFilesystem: false });
  expect(api?.args).toBeUndefined(); // the image's own command watches
});

it('has a version of skaffold’s format that takes patches of values files', () => {
  expect(skaffold().apiVersion).toMatch(/^skaffold\/v4beta1[3-9]$/);
});

/** What all pods ask for when they are as many as they may be. */
function askedBy(manifests: Manifest[], kind: 'requests' | 'limits', resource: string): number {
  const most = new Map(
    manifests
      .filter((it) => it.kind === 'HorizontalPodAutoscaler')
      .map(({ spec }) => [(spec?.scaleTargetRef as { name: string }).name, spec?.maxReplicas]),
  );
  return manifests.reduce((sum, manifest) => {
    const replicas = manifest.spec?.replicas ?? most.get(manifest.metadata.name) ?? 1;
    const containers = podsOf([manifest]).flatMap(({ spec }) => spec.containers);
    const ofPod = containers.reduce((all, it) => all + amountOf(it.resources?.[kind]?.[resource]), 0);
    return sum + Number(replicas) * ofPod;
  }, 0);
}

const experiments = readdirSync(join(root, 'k8s/experiments')).map((file) => `k8s/experiments/${file}`);

it.each(['k8s/values/small.yaml', 'k8s/values/laptop.yaml', ...experiments])(
  'installs with %s, and has room in the namespace beside a load test',
  async (file) => {
    const values = valuesIn(file);
    const manifests = [...(await renderOnce('concert', values)), ...manifestsOf({ name: 'k6' })];
    const [, , quota] = parseAllDocuments(read('k8s/namespace.yaml')).map((it) => it.toJS() as Manifest);
    const hard = quota?.spec?.hard as Record<string, string>;
    for (const kind of ['requests', 'limits'] as const)
      for (const resource of ['cpu', 'memory'])
        expect(askedBy(manifests, kind, resource)).toBeLessThanOrEqual(amountOf(hard[`${kind}.${resource}`]));
  },
);

it.each(['laptop', 'small'])(
  'runs with %s values on the cluster that they name as the minimum',
  async (name) => {
    const file = `k8s/values/${name}.yaml`;
    const [, cores, gibibytes] = /Minimum for the cluster: (\d+) cores, (\d+) GiB\./.exec(read(file)) ?? [];
    const manifests = await renderOnce('concert', valuesIn(file));
    // Half a core and 1 GiB are for Kubernetes itself.
    expect(askedBy(manifests, 'requests', 'cpu')).toBeLessThanOrEqual(Number(cores) - 0.5);
    expect(askedBy(manifests, 'requests', 'memory')).toBeLessThanOrEqual(Number(gibibytes) - 1);
    if (name === 'laptop')
      expect(askedBy(manifests, 'limits', 'memory')).toBeLessThanOrEqual(Number(gibibytes) - 1);
  },
);

/** Users who are let in before anything is known of the backend, for each core that the least pods of the API may use. */
function startPerCore(manifests: Manifest[]): number {
  const pod = podsOf(manifests).find(({ owner }) => owner === 'Deployment concert-api');
  const [container] = pod?.spec.containers ?? [];
  const of = (name: string): string | undefined => container?.env?.find((it) => it.name === name)?.value;
  const specOf = (kind: string): Record<string, unknown> | undefined =>
    manifests.find((it) => it.kind === kind && it.metadata.name === 'concert-api')?.spec;
  const pods = Number(specOf('HorizontalPodAutoscaler')?.minReplicas ?? specOf('Deployment')?.replicas);
  const cores = amountOf(container?.resources?.limits?.cpu) * pods;
  return (10 * Number(of('DATABASE_POOL_MAX'))) / cores;
}

it.each<[string, Values]>([
  ...['fat', 'standard', 'thin', 'dev'].map((preset): [string, Values] => [
    `the preset ${preset}`,
    { 'concert-api': { preset } },
  ]),
  ...['small', 'laptop'].map((name): [string, Values] => [name, valuesIn(`k8s/values/${name}.yaml`)]),
])('with %s no more users are let in at first than the pods’ cores can serve', async (_name, values) => {
  expect(startPerCore(await renderOnce('concert', values))).toBeLessThanOrEqual(200);
});

it('describes a kind cluster on which the charts’ features exist', () => {
  const { name, nodes } = parseYaml(read('kind-config.yaml')) as {
    name: string;
    nodes: { role: string; image: string; labels?: Record<string, string> }[];
  };
  expect(read('scripts/cluster/context.js')).toContain(`const CLUSTER = '${name}'`);
  for (const { image } of nodes) expect(Number(/v1\.(\d+)\./.exec(image)?.[1])).toBeGreaterThanOrEqual(30);
  const zones = nodes
    .filter(({ role }) => role === 'worker')
    .map(({ labels }) => labels?.['topology.kubernetes.io/zone']);
  expect(new Set(zones).size).toBe(2);
});

it('runs k6 as a plain Job like the chart does: the same image, once, let in by the policies', () => {
  const [job] = parseAllDocuments(read('k8s/k6-job.yaml')).map((it) => it.toJS() as Manifest);
  const [ours] = podsOf(job ? [job] : []);
  const [charted] = podsOf(manifestsOf({ name: 'k6' }));
  expect(job?.spec).toMatchObject({ backoffLimit: 0 });
  expect(ours?.spec.containers[0]?.image).toBe(charted?.spec.containers[0]?.image);
  expect(charted?.labels).toMatchObject(ours?.labels ?? { none: '' });
});

it('gives the HPA metrics that the product has', async () => {
  const rules = parseYaml(read('k8s/prometheus-adapter/rules.yaml')) as Record<
    'rules' | 'externalRules',
    { seriesQuery: string; name: { as: string } }[]
  >;
  const declaredIn = [
    'http/metrics',
    'modules/waiting-room/metrics',
    'platform/observability/process-metrics',
  ];
  const source = declaredIn.map((file) => read(`src/${file}.ts`)).join('\n');
  for (const { seriesQuery, name } of [...rules.rules, ...rules.externalRules]) {
    expect(seriesQuery.startsWith(`${name.as}{`)).toBe(true);
    expect(source).toContain(`'${name.as}'`);
  }
  const hpa = { requestsInFlight: '1', eventLoopUtilization: '1', waiting: '1' };
  const beside = { database: { host: 'x' }, redis: { host: 'x' } };
  const manifests = await render({ chart: 'concert-api', values: { hpa, ...beside } });
  const text = JSON.stringify(manifests.find(({ kind }) => kind === 'HorizontalPodAutoscaler'));
  const used = [...text.matchAll(/"metric":\{"name":"(\w+)"/g)].map(([, name]) => name);
  expect(used.sort()).toEqual([...rules.rules, ...rules.externalRules].map(({ name }) => name.as).sort());
});

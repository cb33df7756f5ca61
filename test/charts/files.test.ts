import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { type Manifest, render, root, type Values } from './support';

/** What skaffold and kind are told to use exists, and installs. */
const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const read = (file: string): unknown => parseYaml(text(file));
const yamlsOf = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => `${folder}/${file}`);

/** Every value of a key, however deep: patches of profiles hold parts of the configuration, too. */
function valuesOf(part: unknown, key: string): unknown[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part as Record<string, unknown>).flatMap(([name, value]): unknown[] => [
    ...(name === key ? [value] : []),
    ...valuesOf(value, key),
  ]);
}
const stringsOf = (part: unknown, key: string): string[] => valuesOf(part, key) as string[];

interface Patch {
  path: string;
  value: unknown;
}
const skaffold = read('skaffold.yaml') as { profiles: { patches: Patch[] }[] };
const patches = skaffold.profiles.flatMap((profile) => profile.patches);
const patched = (name: string): unknown[] =>
  patches.filter(({ path }) => path.endsWith(`/${name}`)).map(({ value }) => value);
const valuesFiles = [...valuesOf(skaffold, 'valuesFiles'), ...patched('valuesFiles')].flat() as string[];

it('names charts, values and sources that are there', () => {
  const charts = stringsOf(skaffold, 'chartPath');
  expect(charts).toEqual(expect.arrayContaining(['charts/concert', 'charts/k6']));
  const sources = stringsOf(skaffold, 'src').map((glob) => glob.replace(/\*.*/, ''));
  const files = [...charts.map((chart) => `${chart}/Chart.yaml`), ...valuesFiles, ...sources];
  for (const file of [...files, ...stringsOf(skaffold, 'dockerfile')])
    expect({ file, exists: existsSync(join(root, file)) }).toEqual({ file, exists: true });
  for (const target of patched('target'))
    expect(text('Dockerfile')).toMatch(new RegExp(`^FROM .* AS ${String(target)}$`, 'm'));
});

it('builds the image that the chart runs', () => {
  const { image } = read('charts/concert-api/values.yaml') as { image: { repository: string } };
  expect(stringsOf(skaffold, 'image')).toEqual([image.repository]);
});

it('forwards ports of Services that are installed', async () => {
  const services = (await render({ chart: 'concert' })).filter(({ kind }) => kind === 'Service');
  const ports = (spec: Manifest['spec']): unknown[] => valuesOf(spec, 'port');
  const forwards = [...valuesOf(skaffold, 'portForward'), ...patched('portForward')].flat() as {
    resourceName: string;
    port: number;
  }[];
  expect(forwards.length).toBeGreaterThan(0);
  for (const { resourceName, port } of forwards) {
    const service = services.find(({ metadata }) => metadata.name === resourceName);
    expect({ resourceName, ports: ports(service?.spec) }).toEqual({
      resourceName,
      ports: expect.arrayContaining([port]) as unknown[],
    });
  }
});

it.each([...yamlsOf('k8s/values'), ...yamlsOf('k8s/experiments')])('installs with %s', async (file) => {
  const chart = file.endsWith('/load.yaml') ? 'k6' : 'concert';
  expect(await render({ chart, values: read(file) as Values })).not.toEqual([]);
});

it('describes a cluster that kind knows', () => {
  const config = read('kind-config.yaml') as { apiVersion: string; kind: string; nodes: unknown[] };
  expect(config).toMatchObject({ apiVersion: 'kind.x-k8s.io/v1alpha4', kind: 'Cluster' });
  for (const path of stringsOf(config, 'hostPath')) expect(existsSync(join(root, path))).toBe(true);
});

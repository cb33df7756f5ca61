import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { cases } from '../cases';
import { parse, root, template, type Values } from '../support';

/** What tools that render a repository ask of it: Flux ignores links, Argo CD sees no cluster, Windows has no links. */
const { findHelm } = jest.requireActual<{ findHelm: () => string }>('../../../scripts/lib/deploys/helm');
const run = promisify(execFile);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gitops-'));
  const built = ['/charts/', '/Chart.lock'];
  cpSync(join(root, 'charts'), join(folder, 'charts'), {
    recursive: true,
    filter: (file) => !built.some((end) => file.slice(join(root, 'charts').length + 1).includes(end)),
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('no chart has a link in it', () => {
  const entries = readdirSync(join(root, 'charts'), { recursive: true, withFileTypes: true });
  expect(entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name)).toEqual([]);
});

it.each(['concert', 'concert-api'])(
  'a plain copy of the repository renders %s after "helm dependency build", as our own commands do',
  async (chart) => {
    const one = cases.find((it) => it.name === (chart === 'concert' ? 'concert' : 'concert-api-standard'));
    const values = join(folder, `${chart}.yaml`);
    writeFileSync(values, stringify(one?.values ?? {}));
    const path = join(folder, 'charts', chart);
    await run(findHelm(), ['dependency', 'build', path]);
    const args = ['template', 'concert', path, '--namespace', 'shop', '--values', values];
    const { stdout } = await run(findHelm(), args, { maxBuffer: 64 * 1024 * 1024 });
    expect(stdout).toBe(await template({ chart, values: one?.values ?? {} }));
  },
);

it('charts/k6 without its scripts says how to get them', async () => {
  const path = join(folder, 'charts/k6');
  await run(findHelm(), ['dependency', 'build', path]);
  const refused = run(findHelm(), ['template', 'load', path]);
  await expect(refused).rejects.toThrow('This copy of the chart has no scripts: npm run cluster -- charts');
});

describe('the examples for Argo CD and Flux', () => {
  interface Example {
    kind: string;
    spec: {
      source?: { path: string; helm: { valuesObject: Values } };
      chart?: { spec: { chart: string } };
      values?: Values;
    };
  }
  const example = (file: string, kind: string): Example['spec'] | undefined =>
    parseAllDocuments(readFileSync(join(root, 'docs/operations/gitops', file), 'utf8'))
      .map((it) => it.toJS() as Example)
      .find((it) => it.kind === kind)?.spec;
  const argo = example('argocd.yaml', 'Application')?.source;
  const flux = example('flux.yaml', 'HelmRelease');

  it('name a chart of this repository, with the same values', () => {
    expect(argo?.path).toBe('charts/concert');
    expect(flux?.chart?.spec.chart).toBe('./charts/concert');
    expect(argo?.helm.valuesObject).toEqual(flux?.values);
  });

  it('render the same twice, and no password', async () => {
    const values = argo?.helm.valuesObject ?? {};
    const once = await template({ chart: 'concert', values });
    expect(await template({ chart: 'concert', values })).toBe(once);
    const manifests = parse(once);
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const secrets = [...once.matchAll(/secretKeyRef:\s+name: (\S+)/g)].map(([, name]) => name);
    expect([...new Set(secrets)].sort()).toEqual([
      'concert-grafana-password',
      'concert-mariadb-passwords',
      'concert-redis-password',
      'concert-token',
    ]);
  });

  it('have no hook before the stores, which a sync would wait for', async () => {
    const manifests = parse(await template({ chart: 'concert', values: flux?.values ?? {} }));
    const hooks = manifests.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined);
    expect(hooks.map(({ metadata }) => metadata.annotations?.['helm.sh/hook'])).toEqual(['test']);
    const jobs = manifests.filter(({ kind }) => kind === 'Job').map(({ metadata }) => metadata.name);
    expect(jobs).toEqual([expect.stringMatching(/^concert-api-migrate-[0-9a-f]{8}$/)]);
  });
});

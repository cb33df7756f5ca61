import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { cases } from './cases';
import { root, template } from './support';

/** What tools that render a repository ask of it: Flux ignores links, Argo CD sees no cluster, Windows has no links. */
const { findHelm } = jest.requireActual<{ findHelm: () => string }>('../../scripts/lib/helm');
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

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { cases } from './cases';
import { chartOf, charts, helm, parse, root, template } from './support';

const { stale } = jest.requireActual<{ stale: () => string[] }>('../../scripts/cluster/charts');

describe.each(charts)('chart %s', (name) => {
  const chart = (file: string): string => join(chartOf(name), file);

  it('passes helm lint --strict', async () => {
    const { stdout } = await helm(['lint', '--strict', `charts/${name}`]);
    expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed');
    expect(stdout).not.toMatch(/WARNING|ERROR/);
  });

  it('has a README with its values, tells the next command, and is rendered in some case', () => {
    expect(readFileSync(chart('README.md'), 'utf8')).toContain('| value | default | what it does |');
    expect(readFileSync(chart('templates/NOTES.txt'), 'utf8')).toMatch(/^ {2}(kubectl|helm|npm) /m);
    expect(cases.map((it) => it.chart)).toContain(name);
  });

  it('is made of neighbours only, so that nothing has to be fetched', () => {
    const { dependencies } = parseYaml(readFileSync(chart('Chart.yaml'), 'utf8')) as {
      dependencies: { name: string; version: string; repository: string }[];
    };
    for (const { name: dependency, version, repository } of dependencies) {
      expect(repository).toBe(`file://../${dependency}`);
      const there = readFileSync(chart(`../${dependency}/Chart.yaml`), 'utf8');
      expect(parseYaml(there)).toMatchObject({ name: dependency, version });
    }
  });

  it('refuses unknown values at every level', () => {
    // A part of the umbrella has its own schema, which names the rest.
    const known = name === 'concert' ? ['/$defs/part'] : [];
    const open: string[] = [];
    const look = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties, additionalProperties } = schema as Record<string, unknown>;
      if (properties !== undefined && additionalProperties !== false) open.push(path);
      for (const [key, part] of Object.entries(schema)) look(part, `${path}/${key}`);
    };
    look(JSON.parse(readFileSync(chart('values.schema.json'), 'utf8')), '');
    expect(open).toEqual(known);
  });
});

it('has value tables and shared definitions that are current (npm run cluster -- charts --write)', () => {
  expect(stale()).toEqual([]);
});

it('the k6 chart contains every load script and no other file of its folder', async () => {
  const maps = parse(await template({ chart: 'k6' })).filter(({ kind }) => kind === 'ConfigMap');
  const folders = { 'concert-k6-scripts': 'k6', 'concert-k6-lib': 'k6/lib' };
  for (const [name, folder] of Object.entries(folders)) {
    const data = maps.find(({ metadata }) => metadata.name === name)?.data ?? {};
    expect(Object.keys(data)).toContain(folder === 'k6' ? 'study.ts' : 'api.ts');
    for (const [file, text] of Object.entries(data))
      expect(text).toBe(readFileSync(join(root, folder, file), 'utf8'));
  }
  expect(existsSync(join(root, 'k6/runner'))).toBe(true);
  expect(JSON.stringify(maps)).not.toContain('runner/');
});

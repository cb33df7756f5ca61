import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cases } from './cases';
import { goldenOf, template, withoutFiles } from './support';

/**
 * UPDATE_GOLDEN=1 npm test -- test/charts/golden writes them again: read the difference before you commit it.
 * Rules, dashboards and scripts come from other folders with their own tests, so that they are one line each here,
 * and no checksum of them is.
 */
const folder = join(__dirname, 'golden');
const isUpdate = process.env.UPDATE_GOLDEN === '1';

const shortened = (yaml: string): string =>
  withoutFiles(yaml).replace(/^( +checksum\/\w+): [0-9a-f]{64}$/gm, '$1: …');

it.each(cases)('renders $name as before', async (it) => {
  const file = goldenOf(it);
  const rendered = shortened(await template(it));
  if (isUpdate) writeFileSync(file, rendered);
  expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(rendered);
});

it('has no golden file without a case', () => {
  expect(readdirSync(folder).sort()).toEqual(cases.map(({ name }) => `${name}.yaml`).sort());
});

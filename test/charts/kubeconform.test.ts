import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cases } from './cases';
import { root, template } from './support';

/** Every manifest against the API of Kubernetes: no unknown, misspelled or doubled field (schemas/make.ts). */
const { findCommand } = jest.requireActual<{ findCommand: (name: string) => string | undefined }>(
  '../../scripts/lib/tools/commands',
);

const folder = mkdtempSync(join(tmpdir(), 'kubeconform-'));
/** npm test gets it (scripts/lib/tools/tools.js), or says that these tests are skipped. */
const program = findCommand('kubeconform') ?? '';
const check = program === '' ? it.skip : it;

/** One schema each, as kubeconform wants them: <kind>-<group>-<version>.json. */
function writeSchemas(): void {
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(join(__dirname, 'schemas', name), 'utf8')) as unknown;
  const made = read('kubernetes.json') as {
    kinds: Record<string, string>;
    definitions: Record<string, unknown>;
  };
  // Of what comes in no module of the proxy: as much as we use, by the types of its source.
  const written = read('written.json') as Record<string, unknown>;
  const kinds = { ...made.kinds, ...Object.fromEntries(Object.keys(written).map((id) => [id, id])) };
  const definitions = { ...made.definitions, ...written };
  mkdirSync(join(folder, 'schemas'));
  for (const [id, name] of Object.entries(kinds)) {
    const [version = '', kind = ''] = id.split(' ');
    const [group = '', plain] = version.split('/');
    const file = plain === undefined ? `${kind}-${version}` : `${kind}-${group.split('.')[0] ?? ''}-${plain}`;
    const schema = {
      $ref: `#/definitions/${name.replaceAll('/', '~1').replaceAll(' ', '%20')}`,
      definitions,
    };
    writeFileSync(join(folder, 'schemas', `${file.toLowerCase()}.json`), JSON.stringify(schema));
  }
}

beforeAll(writeSchemas);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function validate(yaml: string): Promise<string> {
  const file = join(folder, 'manifests.yaml');
  writeFileSync(file, yaml);
  const schemas = join(folder, 'schemas', '{{ .ResourceKind }}{{ .KindSuffix }}.json');
  const options = ['-strict', '-summary', '-schema-location', schemas, file];
  const { stdout } = await promisify(execFile)(program, options).catch((error: unknown) =>
    Promise.resolve(error as { stdout: string }),
  );
  return stdout;
}

check.each(cases)('is taken by Kubernetes: $name', async (it) => {
  expect(await validate(await template(it))).toMatch(/Valid: [1-9]\d*, Invalid: 0, Errors: 0/);
});

const MANIFEST = /^kind: /m;
const manifests = join(root, 'k8s');
check('are taken by Kubernetes: all of k8s/', async () => {
  const files = existsSync(manifests) ? readdirSync(manifests, { recursive: true, encoding: 'utf8' }) : [];
  for (const file of files.filter((name) => name.endsWith('.yaml'))) {
    const yaml = readFileSync(join(manifests, file), 'utf8');
    if (MANIFEST.test(yaml) && !file.endsWith('kustomization.yaml'))
      // for kubectl, not for the API
      expect(`${file}: ${await validate(yaml)}`).toMatch(/Valid: [1-9]\d*, Invalid: 0, Errors: 0/);
  }
});

check('is taken by Argo CD: the example of docs/operations/gitops', async () => {
  const yaml = readFileSync(join(root, 'docs/operations/gitops/argocd.yaml'), 'utf8');
  expect(await validate(yaml)).toMatch(/Valid: 1, Invalid: 0, Errors: 0/);
});

check.each([
  [
    'an unknown field',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x, imge: x}]}',
  ],
  ['a missing field', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: {}}'],
  ['a doubled key', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: x, a: y}'],
  ['a kind of nobody', 'apiVersion: v1\nkind: Pot\nmetadata: {name: x}'],
])('refuses %s', async (_what, yaml) => {
  expect(await validate(yaml)).toMatch(/Invalid: 1|Errors: 1/);
});

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
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cases } from './cases';
import { goldenOf, root } from './support';

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

const GITOPS = 'docs/operations/gitops/argocd.yaml';
const K8S = (
  existsSync(join(root, 'k8s')) ? readdirSync(join(root, 'k8s'), { recursive: true, encoding: 'utf8' }) : []
)
  .filter((name) => name.endsWith('.yaml') && !name.endsWith('kustomization.yaml')) // for kubectl, not for the API
  .map((name) => join('k8s', name))
  .filter((name) => /^kind: /m.test(readFileSync(join(root, name), 'utf8')));

const REFUSED = {
  'an unknown field':
    'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x, imge: x}]}',
  'a missing field': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: {}}',
  'a doubled key': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: x, a: y}',
  'a kind of nobody': 'apiVersion: v1\nkind: Pot\nmetadata: {name: x}',
};

interface Resource {
  filename: string;
  status: string;
  msg: string;
}
let resources: Resource[] = [];

/** All manifests by one run, because kubeconform compiles its schemas at each start. */
async function validateAll(): Promise<void> {
  const manifests = join(folder, 'manifests');
  const write = (name: string, yaml: string): void => {
    mkdirSync(dirname(join(manifests, name)), { recursive: true });
    writeFileSync(join(manifests, name), yaml);
  };
  for (const it of cases) write(`${it.name}.yaml`, readFileSync(goldenOf(it), 'utf8'));
  for (const name of [...K8S, GITOPS]) write(name, readFileSync(join(root, name), 'utf8'));
  for (const [what, yaml] of Object.entries(REFUSED)) write(`${what}.yaml`, yaml);
  const schemas = join(folder, 'schemas', '{{ .ResourceKind }}{{ .KindSuffix }}.json');
  const options = ['-strict', '-verbose', '-output', 'json', '-schema-location', schemas, manifests];
  const { stdout } = await promisify(execFile)(program, options, { maxBuffer: 2 ** 26 }).catch(
    (error: unknown) => error as { stdout: string }, // it ends with 1, since it finds what it must refuse
  );
  ({ resources } = JSON.parse(stdout) as { resources: Resource[] });
}

/** What it says of each resource in a file: "valid", or why it is not. */
const saidOf = (name: string): Set<string> =>
  new Set(
    resources
      .filter(({ filename }) => filename === join(folder, 'manifests', name))
      .map(({ status, msg }) => (status === 'statusValid' ? 'valid' : `${status}: ${msg}`)),
  );
const VALID = new Set(['valid']);

beforeAll(async () => {
  if (program === '') return;
  writeSchemas();
  await validateAll();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

check.each(cases)('is taken by Kubernetes: $name', ({ name }) => {
  expect(saidOf(`${name}.yaml`)).toEqual(VALID);
});

check('are taken by Kubernetes: all of k8s/', () => {
  for (const name of K8S) expect([name, saidOf(name)]).toEqual([name, VALID]);
});

check('is taken by Argo CD: the example of docs/operations/gitops', () => {
  expect(saidOf(GITOPS)).toEqual(VALID);
});

check.each(Object.keys(REFUSED))('refuses %s', (what) => {
  const said = saidOf(`${what}.yaml`);
  expect(said.size).toBe(1);
  expect(said).not.toEqual(VALID);
});

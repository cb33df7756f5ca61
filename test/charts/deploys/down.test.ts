import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `npm run cluster -- down` on the kind cluster, with a program `kind` that only writes down its arguments. */
const { takeDown } = jest.requireActual<{
  takeDown: (options: { 'keep-cluster': boolean }) => Promise<void>;
}>('../../../scripts/cluster/kind');

const { PATH, KUBECONFIG } = process.env;
let folder: string;
const calls = (): string => readFileSync(join(folder, 'calls'), 'utf8');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'down-'));
  writeFileSync(join(folder, 'kind'), `#!/bin/sh\necho "$@" >>${folder}/calls\n`, { mode: 0o755 });
  // A port on which nobody listens.
  const cluster = { name: 'c', cluster: { server: 'http://127.0.0.1:1' } };
  const context = { name: 'kind-concert', context: { cluster: 'c', user: '' } };
  const config = { 'current-context': 'kind-concert', clusters: [cluster], contexts: [context] };
  writeFileSync(join(folder, 'config'), JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  process.env.PATH = `${folder}:${PATH ?? ''}`;
  process.env.KUBECONFIG = join(folder, 'config');
});
beforeEach(() => {
  writeFileSync(join(folder, 'calls'), '');
});
afterAll(() => {
  process.env.PATH = PATH;
  if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = KUBECONFIG;
  rmSync(folder, { recursive: true, force: true });
});

it('deletes the kind cluster', async () => {
  await takeDown({ 'keep-cluster': false });
  expect(calls()).toBe('delete cluster --name concert\n');
});

it('keeps the kind cluster when that is wanted, and uninstalls there', async () => {
  // Nobody answers Helm.
  await expect(takeDown({ 'keep-cluster': true })).rejects.toThrow(/helm/);
  expect(calls()).toBe('');
});

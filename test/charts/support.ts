import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseDocument, stringify } from 'yaml';

declare const requireOutside: (file: string) => unknown;
/** Outside of Jest's contexts (jest/outside.js): one copy of the charts serves all the files of a worker. */
const { assembledCharts } = requireOutside(join(__dirname, '../../scripts/lib/deploys/charts')) as {
  assembledCharts: () => string;
};
const { findHelm } = jest.requireActual<{ findHelm: () => string }>('../../scripts/lib/deploys/helm');

export const root = join(__dirname, '../..');
export const chartOf = (name: string): string => join(root, 'charts', name);
/** All charts that can be installed. */
export const charts = readdirSync(join(root, 'charts')).filter(
  (name) => name !== 'common' && existsSync(join(chartOf(name), 'values.schema.json')),
);

export type Values = Record<string, unknown>;
export interface Case {
  name: string;
  chart: string;
  values?: Values;
}

/** For what does not depend on these parts of the umbrella: each rendering takes a third longer with them. */
export const UNWATCHED: Values = Object.fromEntries(
  ['influxdb', 'prometheus', 'grafana'].map((part) => [part, { enabled: false }]),
);

interface Labelled {
  name: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
export interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: { name: string; value?: string }[];
  resources?: { requests?: Record<string, unknown>; limits?: Record<string, unknown> };
  securityContext?: unknown;
  startupProbe?: unknown;
  readinessProbe?: unknown;
  livenessProbe?: unknown;
}
export interface PodSpec {
  [key: string]: unknown;
  containers: Container[];
  initContainers?: Container[];
  volumes?: Record<string, unknown>[];
}
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Labelled;
  data?: Record<string, string>;
  spec?: Record<string, unknown>;
}
export interface Pod {
  owner: string;
  kind: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  spec: PodSpec;
}

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'charts-'));
let nextFile = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Charts are found as charts/<name>. @returns what Helm prints; rejects with an error that has its `stderr` */
export async function helm(args: string[], values: Values = {}): Promise<{ stdout: string; stderr: string }> {
  if (nextFile === 0) symlinkSync(assembledCharts(), join(folder, 'charts'));
  const file = join(folder, `${nextFile++}.yaml`);
  writeFileSync(file, stringify(values));
  // Collecting garbage takes a fifth of the time of a process that ends before it needs the memory.
  const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, GOGC: 'off' } };
  return run(findHelm(), [...args, '--values', file], options);
}

/**
 * As `helm install concert` would send it, its tests among it; Secrets are random unless the values give them.
 * @throws Error when Helm warns of anything
 */
export async function template({ chart, values }: Pick<Case, 'chart' | 'values'>): Promise<string> {
  const args = ['template', 'concert', `charts/${chart}`, '--namespace', 'shop'];
  const { stdout, stderr } = await helm(args, values);
  if (stderr !== '') throw new Error(`Helm warns: ${stderr}`);
  return stdout;
}

const read = new Map<string, Manifest | null>();

/** Reading a document takes as long as rendering it, and most documents of a file's renderings are the same. */
function readOnce(document: string): Manifest | null {
  const known = read.get(document);
  if (known !== undefined) return known;
  const manifest = frozen(parseDocument(document).toJS() as Manifest | null);
  read.set(document, manifest);
  return manifest;
}

/** Several tests look at one object: none may change it for the others. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

export const parse = (yaml: string): Manifest[] =>
  yaml
    .split(/^---$/m)
    .map(readOnce)
    .filter((manifest) => manifest !== null);

const FILES = /^( +)([\w-]+\.(?:json|ts|yml)): \|-?\n(?:\1 .*\n| *\n)+/gm;
const OWN_CONFIG = 'prometheus.yml';
/** `…` for rules, dashboards and scripts: they are most of the text, and reading it takes as long as Helm does. */
export const withoutFiles = (yaml: string): string =>
  yaml.replace(FILES, (text: string, indent: string, file: string) =>
    file === OWN_CONFIG ? text : `${indent}${file}: …\n`,
  );

/** Without the texts of files: `parse(await template(…))` has them. */
export const render = async (it: Pick<Case, 'chart' | 'values'>): Promise<Manifest[]> =>
  parse(withoutFiles(await template(it)));

export const goldenOf = ({ name }: Pick<Case, 'name'>): string => join(__dirname, 'golden', `${name}.yaml`);

/**
 * What Helm makes of the case, with `…` for the texts of files and their checksums. golden.test.ts compares the golden files
 * with Helm, so that nothing else has to render the cases again.
 */
export const manifestsOf = (it: Pick<Case, 'name'>): Manifest[] => parse(readFileSync(goldenOf(it), 'utf8'));

/** Why Helm refuses the values. */
export async function refusal(chart: string, values: Values): Promise<string> {
  try {
    await template({ chart, values });
  } catch (error) {
    return (error as { stderr: string }).stderr.trim();
  }
  throw new Error('Helm takes these values.');
}

interface Template {
  metadata?: Labelled;
  spec: PodSpec;
}

/** Every pod that the manifests make. */
export const podsOf = (manifests: Manifest[]): Pod[] =>
  manifests.flatMap(({ kind, metadata, spec }) => {
    const job = (spec?.jobTemplate as { spec: Record<string, unknown> } | undefined)?.spec;
    const template = (spec?.template ?? job?.template) as Template | undefined;
    const owner = `${kind} ${metadata.name}`;
    const pod = kind === 'Pod' ? { metadata, spec: spec as unknown as PodSpec } : template;
    if (pod === undefined) return [];
    const { labels = {}, annotations = {} } = pod.metadata ?? {};
    return [{ owner, kind, labels, annotations, spec: pod.spec }];
  });

/** Cores, or GiB. */
export function amountOf(quantity: unknown): number {
  const [, number = '', unit = ''] = /^([\d.]+)(m|Mi|Gi)?$/.exec(String(quantity)) ?? [];
  return Number(number || NaN) / ({ m: 1000, Mi: 1024 }[unit] ?? 1);
}

// npm run experiment: scripts/experiment.js starts it, and knows where helm and kubectl are.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeEnvironment, type Meta } from '../../k6/runner/record/meta.ts';
import { root, RunFolder } from '../../k6/runner/paths.ts';
import { htmlPage, markdownPage, type Page, savePlots } from '../../k6/runner/report/page.ts';
import type { Bench, Plan } from './experiment.ts';
import { helm, KubeProxy, kubectl } from './cluster/kube.ts';
import { earlierRun, type LoadRun, loadRun } from './load/load-run.ts';
import { type Options, readArguments, USAGE } from './options.ts';
import { merged, Release, type Values } from './cluster/release.ts';

const LOAD_RELEASE = 'load';
const INTERRUPTED = 130;

async function environmentOf(): Promise<Record<string, string>> {
  const { machine = '', product = '' } = describeEnvironment({}, 'k6');
  const { serverVersion } = JSON.parse(await kubectl('version', '--output', 'json')) as {
    serverVersion: { gitVersion: string };
  };
  const nodes = (await kubectl('get', 'nodes', '--output', 'name')).trim().split('\n').length;
  return {
    machine,
    product,
    kubernetes: `${serverVersion.gitVersion}, ${nodes} node(s); the load runs in it as well`,
  };
}

async function experiment(options: Options): Promise<void> {
  const folder = new RunFolder(options.id).make();
  const release = await Release.find(folder.path);
  const environment = await environmentOf();
  const kube = await KubeProxy.start();
  const note = (text: string): void => void process.stdout.write(`${text}\n`);
  const lineOf = ({ name }: Plan): string => `${options.id}-${name}`.replaceAll(/[^\w-]/g, '_').slice(-64);
  const install = (plan: Plan, values: Values): Promise<void> => {
    const config = { QUEUE_ID: lineOf(plan), LOG_LEVEL: 'warn' };
    return release.deploy(plan.name, { 'concert-api': merged({ config }, values) });
  };
  const make = async (plan: Plan, id: string): Promise<LoadRun> => {
    await install(plan, plan.values);
    await plan.before?.();
    return loadRun(kube, id, lineOf(plan), plan.load, environment, plan.meanwhile);
  };
  const metas: [run: string, of: Meta][] = [];
  const bench: Bench = {
    ...options,
    kube,
    note,
    upgrade: install,
    run: async (plan) => {
      const id = `${options.id}/${plan.name}`;
      const run = earlierRun(id) ?? (await make(plan, id));
      metas.push([plan.name, run.findings.meta]);
      return run;
    },
  };
  let ending: Promise<void> | undefined;
  const putBack = (): Promise<void> => (ending ??= end(kube, release)); // a signal and its consequences: once
  const interrupted = (): void => void putBack().finally(() => process.exit(INTERRUPTED));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  try {
    const { verdict, sections, plots } = await options.run(bench);
    const table = { head: ['', ''], rows: environmentRows(metas) };
    const details = [{ title: 'Environment', table }];
    write(options, folder, { title: `Experiment: ${options.name}`, verdict, sections, plots, details });
    const broken = metas.filter(([, { invariants }]) => invariants?.ok === false).map(([name]) => name);
    if (broken.length > 0)
      throw new Error(`Invariants are violated: see the reports of ${broken.join(', ')}.`);
  } finally {
    await putBack();
  }
}

/** Facts that all runs share, once, and the load of the machine in each run. */
function environmentRows(metas: [run: string, of: Meta][]): string[][] {
  const names = ['machine', 'product', 'kubernetes'];
  const values = (name: string): string =>
    [...new Set(metas.map(([, { environment }]) => environment[name] ?? ''))].join('; ');
  const held = metas.filter(([, { invariants }]) => invariants?.ok).length;
  return [
    ...names.map((name) => [name, values(name)]),
    ['all invariants hold', `after ${held} of ${metas.length} runs`],
    ...metas.map(([run, { environment }]) => [`machine during ${run}`, environment.load ?? '']),
  ];
}

async function end(kube: KubeProxy, release: Release): Promise<void> {
  kube.stop();
  await helm('uninstall', LOAD_RELEASE, '--ignore-not-found');
  await kubectl('delete', 'jobs', '--selector', `app.kubernetes.io/instance=${LOAD_RELEASE}`);
  await release.restore();
}

function write({ name, isSaved }: Options, folder: RunFolder, page: Page): void {
  writeFileSync(folder.html, htmlPage(page));
  writeFileSync(folder.markdown, markdownPage(page));
  process.stdout.write(`\n${markdownPage(page)}\nReport: ${folder.html}\n`);
  if (!isSaved) return;
  const saved = join(root, 'docs', 'results', 'experiments');
  mkdirSync(saved, { recursive: true });
  const pictures = page.plots.length > 0 ? `\n${savePlots(saved, name, page.plots)}` : '';
  writeFileSync(join(saved, `${name}.md`), `${markdownPage(page)}${pictures}`);
}

async function main(): Promise<void> {
  let options: Options;
  try {
    options = readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  try {
    await experiment(options);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

void main();

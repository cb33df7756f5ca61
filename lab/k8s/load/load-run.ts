import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Findings, readFindings } from '../../../k6/runner/checks/findings.ts';
import { MachineLoad } from '../../../k6/runner/record/meta.ts';
import { RunFolder } from '../../../k6/runner/paths.ts';
import { writeReport } from '../../../k6/runner/report.ts';
import { type Load, runK6 } from './k6-job.ts';
import type { KubeProxy } from '../cluster/kube.ts';
import { verify } from '../verify.ts';
import { type ClusterSample, Watch } from '../watch.ts';

const SAMPLES = 'pods.json';

export interface LoadRun {
  findings: Findings;
  samples: ClusterSample[];
}

/** A run that was made before; undefined: there is none, or it was cut short. */
export function earlierRun(id: string): LoadRun | undefined {
  const folder = new RunFolder(id);
  if (!existsSync(folder.meta)) return undefined;
  const samples = JSON.parse(readFileSync(folder.file(SAMPLES), 'utf8')) as ClusterSample[];
  return { findings: readFindings(id), samples };
}

/**
 * One load in the cluster, watched, with its own report, like those of `npm run load`.
 * @param queueId the line that is loaded
 * @param meanwhile goes on beside it; the run fails when it does
 */
export async function loadRun(
  kube: KubeProxy,
  id: string,
  queueId: string,
  load: Load,
  environment: Record<string, string>,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<LoadRun> {
  const folder = new RunFolder(id).make();
  const watch = new Watch(kube, folder.server);
  const machine = new MachineLoad();
  const start = new Date();
  watch.start();
  let exitCode: number;
  try {
    [exitCode] = await Promise.all([runK6(load, folder), meanwhile()]);
  } finally {
    watch.stop();
  }
  const meta = {
    id,
    scenario: load.scenario,
    exitCode,
    outages: [],
    startedAt: start.toISOString(),
    variables: Object.fromEntries(
      Object.entries(load.variables).map(([name, value]) => [name, String(value)]),
    ),
    seconds: (Date.now() - start.getTime()) / 1000,
    environment: { ...environment, load: machine.since() },
    invariants: await verify(queueId),
  };
  writeFileSync(folder.file(SAMPLES), JSON.stringify(watch.samples));
  writeFileSync(folder.meta, `${JSON.stringify(meta, null, 2)}\n`); // last: the run is whole
  writeReport(id);
  return { findings: readFindings(id), samples: watch.samples };
}

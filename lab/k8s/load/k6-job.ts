import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { RunFolder } from '../../../k6/runner/paths.ts';
import { chart, helm, kubectl } from '../cluster/kube.ts';

const RELEASE = 'load';
const LOOK_EVERY_MS = 1000;
const START_LIMIT_MS = 5 * 60_000;

export interface Load {
  scenario: string;
  variables: Record<string, string | number>;
}

/** Runs charts/k6 to its end and unpacks what the log ends with. @returns k6's exit code: 0, or 99 */
export async function runK6({ scenario, variables }: Load, folder: RunFolder): Promise<number> {
  const set = Object.entries({
    scenario,
    report: true,
    run: Date.now().toString(36), // the same once more is another run
    'influx.enabled': false,
    'resources.requests.cpu': '100m',
  });
  await helm(
    'upgrade',
    '--install',
    RELEASE,
    chart('k6'),
    '--reset-values',
    ...set.flatMap(([name, value]) => ['--set', `${name}=${String(value)}`]),
    ...Object.entries(variables).flatMap(([name, value]) => ['--set-string', `variables.${name}=${value}`]),
  );
  const [, job = ''] =
    /^kind: Job\nmetadata:\n {2}name: (\S+)$/m.exec(await helm('get', 'manifest', RELEASE)) ?? [];
  const code = await exitCodeOf(job);
  const log = await kubectl('logs', `job/${job}`, '--tail=-1');
  const files = unpack(log);
  writeFileSync(folder.file('k6.log'), log.slice(0, log.indexOf('=== ')));
  const { 'summary.json': summary, 'k6.ndjson': recording } = files;
  if (summary === undefined || recording === undefined)
    throw new Error(`k6 ended with exit code ${code} and left no results:\n${log.slice(-2000)}`);
  writeFileSync(folder.summary, summary);
  writeFileSync(folder.recording, recording);
  return code;
}

async function exitCodeOf(job: string): Promise<number> {
  const state = '{.items[*].status.phase} {.items[*].status.containerStatuses[0].state.terminated.exitCode}';
  const ask = ['get', 'pods', '--selector', `job-name=${job}`, '--output', `jsonpath=${state}`];
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const [phase = '', code = ''] = (await kubectl(...ask)).split(' ');
    if (code !== '') return Number(code);
    if (['', 'Pending'].includes(phase) && Date.now() > deadline)
      throw new Error(
        `${job} is not running after ${START_LIMIT_MS / 60_000} minutes:\n${await eventsOf(job)}`,
      );
    await sleep(LOOK_EVERY_MS);
  }
}

/** Reasons from the events of the Job and of its pod: refused by the quota, no image, no room. */
async function eventsOf(job: string): Promise<string> {
  const lines = 'jsonpath={range .items[*]}{.involvedObject.name}: {.message}{"\\n"}{end}';
  const events = (await kubectl('get', 'events', '--output', lines)).split('\n');
  return events.filter((line) => line.startsWith(`${job}:`) || line.startsWith(`${job}-`)).join('\n');
}

/** Each file stands behind a line `=== name` as base64 of its gzip; `===` alone ends the last. */
export function unpack(log: string): Record<string, Buffer> {
  const parts = log.split(/^===(?: (\S+))?\n/m).slice(1);
  const files: Record<string, Buffer> = {};
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [name, text] = [parts[i], parts[i + 1]];
    if (name !== undefined && text !== undefined) files[name] = gunzipSync(Buffer.from(text, 'base64'));
  }
  return files;
}

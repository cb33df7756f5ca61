import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const USERS = 300;
export const THRESHOLDS_CROSSED = 99;
/** This machine is busy with other tests: latency is not what is proved here. */
const SLOW_IS_FINE = { P99_MS: 20_000, P95_MS: 20_000 };

interface Metric {
  values: Record<string, number>;
}
export interface Ran {
  code: number | null;
  output: string;
  summary: {
    metrics: Record<string, Metric | undefined>;
    capacity?: { rate: number; brokeAt: number | null };
  };
  count(metric: string): number;
}

const folder = mkdtempSync(join(tmpdir(), 'k6-scripts-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function k6(
  args: string[],
  env: Record<string, string | number>,
): Promise<{ code: number | null; output: string }> {
  const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
  const child = spawn(process.env.K6 ?? 'k6', ['--address', '', ...args], {
    cwd: join(__dirname, '../../../k6'),
    env: { ...process.env, K6_NO_USAGE_REPORT: 'true', ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

export const inspect = (script: string, env: Record<string, string> = {}): ReturnType<typeof k6> =>
  k6(['inspect', '--include-system-env-vars', `${script}.ts`], env);

let runs = 0;

export async function run(script: string, env: Record<string, string | number>): Promise<Ran> {
  const file = join(folder, `${script}-${++runs}.json`);
  const ended = await k6(['run', '--quiet', `${script}.ts`], {
    USERS,
    THINK: 0.05,
    SUMMARY: file,
    ...SLOW_IS_FINE,
    ...env,
  });
  let summary: Ran['summary'];
  try {
    summary = JSON.parse(readFileSync(file, 'utf8')) as Ran['summary'];
  } catch (error) {
    throw new Error(`${script} has left no summary: ${ended.output}`, { cause: error });
  }
  return { ...ended, summary, count: (metric) => summary.metrics[metric]?.values.count ?? 0 };
}

// npm run lab -- bench: scripts/lab/bench.js starts it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { leaveTheServersCore, root } from './lib/context.ts';
import { closeDatabase } from './lib/database.ts';
import { hasWrk } from './lib/load.ts';
import { killAll } from './lib/processes.ts';
import type { Benchmark, Options, Result } from './lib/results/result.ts';
import { certainRegressions, changeLines, changes } from './lib/results/gate.ts';
import { verdictOf } from './lib/results/result.ts';
import { markdownTable, textTable } from './lib/results/table.ts';
import { BENCHMARKS, readArguments, type Wanted } from './options.ts';

/** One that hangs must not keep the others from being measured. */
const LIMIT_MS = 5 * 60_000;
/** Where the saved results stand on their page. */
const TABLE = /<!-- bench -->[^]*<!-- \/bench -->/;

/** @returns its results, or the reason why there are none */
async function runOne(benchmark: Benchmark, options: Options): Promise<Result[] | string> {
  const startedAt = performance.now();
  process.stdout.write(`${benchmark.names.join(', ')} … `);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not done within ${LIMIT_MS / 60_000} minutes`));
    }, LIMIT_MS);
  });
  let outcome: Result[] | string;
  try {
    outcome = await Promise.race([benchmark.run(options), late]);
  } catch (error) {
    outcome = error instanceof Error ? (error.stack ?? error.message) : String(error);
    killAll(); // whatever it had started
  } finally {
    clearTimeout(timer);
  }
  const failed = typeof outcome === 'string' ? ` FAILED: ${outcome}` : '';
  process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(0)} s${failed}\n`);
  return outcome;
}

function machine(): string {
  const all = cpus();
  return `${all[0]?.model ?? 'unknown CPU'}, ${all.length} cores, Node ${process.version}, ${hasWrk ? 'wrk' : 'own generator (no wrk)'}`;
}

function write(results: Result[], { rounds, seconds, save }: Wanted): void {
  const at = new Date().toISOString().slice(0, 19);
  const head = { at: `${at}Z`, machine: machine(), rounds, seconds };
  mkdirSync(join(root, 'results'), { recursive: true });
  const file = join('results', `bench-${at.replaceAll(':', '-')}.json`);
  writeFileSync(join(root, file), `${JSON.stringify({ ...head, results }, null, 1)}\n`);
  process.stdout.write(
    `\n${textTable(results)}\n\n${head.machine}; ${rounds} rounds of ${seconds} s; in parentheses: 95 % intervals; all rounds: ${file}\n`,
  );
  if (save) saveBeside(results, head);
}

/** A saved result stays, with its time, until it is measured again. */
function saveBeside(
  results: Result[],
  head: { at: string; machine: string; rounds: number; seconds: number },
): void {
  const folder = join(root, 'docs', 'results');
  const file = join(folder, 'bench.json');
  mkdirSync(folder, { recursive: true });
  const now = results.map((result) => ({ ...result, rounds: {}, at: head.at }));
  const saved = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { results: typeof now }).results
    : [];
  // Those of before 0.2 have neither rounds nor intervals.
  const before = saved.filter(({ measured }) => Array.isArray(measured.values as unknown));
  const byName = new Map([...before, ...now].map((result) => [result.name, result]));
  const order = BENCHMARKS.flatMap(({ names }) => names);
  const all = order.flatMap((name) => byName.get(name) ?? []);
  writeFileSync(file, `${JSON.stringify({ ...head, results: all }, null, 1)}\n`);
  const times = [...new Set(all.map(({ at }) => at))].sort();
  const about = `${head.machine}. ${head.rounds} rounds of ${head.seconds} s each (in parentheses: 95 % intervals of the median), between ${times[0] ?? ''} and ${times.at(-1) ?? ''}.`;
  const page = join(folder, 'README.md');
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    text.replace(TABLE, () => `<!-- bench -->\n${about}\n\n${markdownTable(all)}\n<!-- /bench -->`),
  );
}

async function main(): Promise<number> {
  const wanted = readArguments(process.argv.slice(2));
  leaveTheServersCore();
  const results: Result[] = [];
  let failures = 0;
  for (const benchmark of wanted.benchmarks) {
    const outcome = await runOne(benchmark, wanted);
    if (typeof outcome === 'string') failures++;
    else for (const result of outcome) results.push(result);
  }
  await closeDatabase();
  write(results, wanted);
  const missed = results.filter((result) => verdictOf(result)?.reached === false).map(({ name }) => name);
  if (missed.length > 0) process.stdout.write(`Missed: ${missed.join(', ')}\n`);
  if (failures > 0) process.stdout.write(`${failures} could not be measured.\n`);
  return failures > 0 || !isPassed(results, wanted) ? 1 : 0;
}

/** Shows what has changed since the earlier run, if one was given. @returns false when the gate is wanted and closed */
function isPassed(results: Result[], { against, gate }: Wanted): boolean {
  const since = changes(results, against);
  for (const line of changeLines(since)) process.stdout.write(`${line}\n`);
  const regressions = gate ? certainRegressions(results, since) : [];
  for (const line of regressions) process.stdout.write(`GATE: ${line}\n`);
  return regressions.length === 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
void main().then((code) => process.exit(code));

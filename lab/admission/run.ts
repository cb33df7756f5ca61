import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { System } from '../faults/system/index.ts';
import { Hall } from '../faults/workload/hall.ts';
import { root } from '../../k6/runner/paths.ts';
import { Scraper } from '../../k6/runner/scrape.ts';
import { invariantsOf } from '../../k6/runner/verify.ts';
import { TcpBalancer } from './balancer.ts';
import { type Course, courseOf } from './timeline.ts';
import { type Shape, variablesOf } from './scenarios.ts';

const SEED = 1;
/** More than can have their turn in a run: nobody comes twice, and nothing is sold out. */
const HALL = { users: 20_000, schedules: 20, seats: 1000, price: 10_000 };
/** As the model's visitors: turned away so often, one gives up. */
const TRIES = 10;
const THRESHOLDS_FAILED = 99;
const WARM_UP = { USERS_ACTIVE: '60', SINGLE_VISIT: '1', THINK: '0.5', DATES: 'any', DURATION: '20s' };
/** Within which k6 has its virtual users. */
const STARTING_MS = 60_000;

/** One run of the product with stores of its own, its door set to `door`. @throws when an invariant is violated */
export async function runDoor(shape: Shape, door: string, folder: string): Promise<Course> {
  mkdirSync(folder, { recursive: true });
  const { replicas: apis, database } = shape;
  const system = await System.start({
    ...{ seed: SEED, folder, apis, workers: 1, kafka: false, direct: database === undefined },
    // Metrics on the port itself, as `npm start` has them.
    env: { NODE_ENV: 'development', LOG_LEVEL: 'warn', QUEUE_MAX_ACTIVE: door },
    ...(database && { apiEnv: { DATABASE_POOL_MAX: String(database.pool) } }),
  });
  try {
    await Hall.build(system.mariadb, HALL);
    await system.startProduct();
    lengthenLines(shape, system, 1);
    await warmUp(system, folder);
    const course = await load(shape, system, folder);
    const { code, output } = await system.tool('verify', ['--json']);
    if (code !== 0) throw new Error(`Invariants are violated: ${invariantsOf(output).findings.join('; ')}`);
    writeFileSync(join(folder, 'course.json'), `${JSON.stringify(course)}\n`);
    return course;
  } finally {
    await system.stop();
  }
}

/** How far the database is from the api processes. */
function lengthenLines({ database }: Shape, { apis }: System, times: number): void {
  if (database === undefined) return;
  for (const { lines } of apis) lines.mariadb?.change({ delayMs: database.delayMs * times });
}

/** Processes that have just started would show their compiler's work; and no opening is the first thing that is asked. */
async function warmUp(system: System, folder: string): Promise<void> {
  const balancer = await new TcpBalancer(system.apis).open();
  try {
    await runK6('crowd', WARM_UP, `http://127.0.0.1:${balancer.port}`, join(folder, 'warm-up'));
  } finally {
    await balancer.close();
  }
}

async function load(shape: Shape, system: System, folder: string): Promise<Course> {
  const balancer = await new TcpBalancer(system.apis).open();
  const scrapedFrom = Date.now();
  const scraper = new Scraper(`http://127.0.0.1:${system.apis[0]?.port ?? 0}`, join(folder, 'server.ndjson'));
  scraper.start();
  const over = new AbortController();
  try {
    const url = `http://127.0.0.1:${balancer.port}`;
    const ended = runK6(shape.script, variablesOf(shape), url, join(folder, 'load'), over.signal);
    const tooLate = sleep(STARTING_MS, undefined, { ref: false }).then(() => {
      throw new Error('k6 asks for nothing.');
    });
    const startMs = await Promise.race([balancer.firstAtMs, ended.then(() => Date.now()), tooLate]);
    await Promise.all([ended, disturb(shape, system, startMs, over.signal)]);
    const samples = scraper.samples.map((one) => ({ ...one, atMs: scrapedFrom + one.at * 1000 }));
    return courseOf(
      readFileSync(join(folder, 'load.log'), 'utf8').split('\n'),
      samples,
      startMs,
      shape.seconds,
    );
  } finally {
    over.abort();
    scraper.stop();
    await balancer.close();
  }
}

/** Writes what the script tells to `<files>.log`, k6's own words and its summary beside it. */
async function runK6(
  script: Shape['script'],
  variables: Record<string, string>,
  baseUrl: string,
  files: string,
  signal?: AbortSignal,
): Promise<void> {
  const log = openSync(`${files}.k6.log`, 'a');
  const child = spawn(
    process.env.DOORS_K6 ?? 'k6',
    [
      ...['run', '--quiet', '--no-usage-report', '--address', ''],
      ...[`--log-output=file=${files}.log`, '--log-format=raw', join(root, 'k6', `${script}.ts`)],
    ],
    {
      ...{ cwd: root, signal, killSignal: 'SIGKILL' as const },
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        ...{ BASE_URL: baseUrl, USERS: String(HALL.users), TRIES: String(TRIES), TIMELINE: '1' },
        ...{ SUMMARY: `${files}.summary.json`, ...variables },
      },
    },
  );
  closeSync(log);
  const kill = (): void => void child.kill('SIGKILL');
  process.on('exit', kill);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('exit', kill);
  if (code !== 0 && code !== THRESHOLDS_FAILED)
    throw new Error(`k6 ended with exit code ${code ?? 'none'}: see ${files}.k6.log`);
}

/** What happens between the second and the third change. */
async function disturb(shape: Shape, system: System, startMs: number, signal: AbortSignal): Promise<void> {
  const { meanwhile, changes } = shape;
  const [, from = 0, to = 0] = changes;
  if (meanwhile === undefined) return;
  const until = (seconds: number): Promise<unknown> =>
    sleep(Math.max(0, startMs + seconds * 1000 - Date.now()), undefined, { signal });
  await until(from);
  if ('slowness' in meanwhile) {
    lengthenLines(shape, system, meanwhile.slowness);
    await until(to);
    lengthenLines(shape, system, 1);
  } else {
    const victim = system.process(`api${meanwhile.dead}`).child;
    await victim.stop('SIGKILL');
    await until(to);
    await victim.start();
  }
}

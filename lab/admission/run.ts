import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { System } from '../faults/system/index.ts';
import { Programme } from '../faults/workload/programme.ts';
import { root } from '../../k6/runner/paths.ts';
import { Scraper } from '../../k6/runner/record/scrape.ts';
import { invariantsOf } from '../../k6/runner/checks/verify.ts';
import { TcpBalancer } from './balancer.ts';
import { type Timeline, timelineOf } from './timeline.ts';
import { type Scenario, variablesOf } from './scenarios.ts';

const SEED = 1;
/** More users than a run can admit, so that nobody comes twice and nothing is sold out. */
const PROGRAMME = { users: 20_000, schedules: 20, seats: 1000, price: 10_000 };
/** As the model's users: a user leaves after this many failures in a row. */
const TRIES = 10;
const THRESHOLDS_FAILED = 99;
const WARM_UP = { USERS_ACTIVE: '60', SINGLE_VISIT: '1', THINK: '0.5', DATES: 'any', DURATION: '20s' };
/** k6 has started its virtual users within this time. */
const STARTING_MS = 60_000;

/** One run of the product with separate stores and with QUEUE_MAX_ACTIVE set to `limit`. @throws when an invariant is violated */
export async function runProduct(scenario: Scenario, limit: string, folder: string): Promise<Timeline> {
  mkdirSync(folder, { recursive: true });
  const { replicas: apis, database } = scenario;
  const system = await System.start({
    seed: SEED,
    folder,
    apis,
    workers: 1,
    kafka: false,
    direct: database === undefined,
    // Metrics on the port itself, as `npm start` has them.
    env: { NODE_ENV: 'development', LOG_LEVEL: 'warn', QUEUE_MAX_ACTIVE: limit },
    ...(database && { apiEnv: { DATABASE_POOL_MAX: String(database.pool) } }),
  });
  try {
    await Programme.build(system.mariadb, PROGRAMME);
    await system.startProduct();
    lengthenConnections(scenario, system, 1);
    await warmUp(system, folder);
    const timeline = await load(scenario, system, folder);
    const { code, output } = await system.tool('verify', ['--json']);
    if (code !== 0) throw new Error(`Invariants are violated: ${invariantsOf(output).findings.join('; ')}`);
    writeFileSync(join(folder, 'timeline.json'), `${JSON.stringify(timeline)}\n`);
    return timeline;
  } finally {
    await system.stop();
  }
}

/** How far the database is from the api processes. */
function lengthenConnections({ database }: Scenario, { apis }: System, times: number): void {
  if (database === undefined) return;
  for (const { lines } of apis) lines.mariadb?.change({ delayMs: database.delayMs * times });
}

/** Requests to processes that have just started would measure the work of the compiler. */
async function warmUp(system: System, folder: string): Promise<void> {
  const balancer = await new TcpBalancer(system.apis).open();
  try {
    await runK6('crowd', WARM_UP, `http://127.0.0.1:${balancer.port}`, join(folder, 'warm-up'));
  } finally {
    await balancer.close();
  }
}

async function load(scenario: Scenario, system: System, folder: string): Promise<Timeline> {
  const balancer = await new TcpBalancer(system.apis).open();
  const scrapedFrom = Date.now();
  const scraper = new Scraper(`http://127.0.0.1:${system.apis[0]?.port ?? 0}`, join(folder, 'server.ndjson'));
  scraper.start();
  const over = new AbortController();
  try {
    const url = `http://127.0.0.1:${balancer.port}`;
    const ended = runK6(scenario.script, variablesOf(scenario), url, join(folder, 'load'), over.signal);
    const tooLate = sleep(STARTING_MS, undefined, { ref: false }).then(() => {
      throw new Error('k6 sends no request.');
    });
    const startMs = await Promise.race([balancer.firstAtMs, ended.then(() => Date.now()), tooLate]);
    await Promise.all([ended, disturb(scenario, system, startMs, over.signal)]);
    const samples = scraper.samples.map((one) => ({ ...one, atMs: scrapedFrom + one.at * 1000 }));
    return timelineOf(
      readFileSync(join(folder, 'load.log'), 'utf8').split('\n'),
      samples,
      startMs,
      scenario.seconds,
    );
  } finally {
    over.abort();
    scraper.stop();
    await balancer.close();
  }
}

/** Writes the script's lines to `<files>.log`, and k6's own output and summary beside it. */
async function runK6(
  script: Scenario['script'],
  variables: Record<string, string>,
  baseUrl: string,
  files: string,
  signal?: AbortSignal,
): Promise<void> {
  const log = openSync(`${files}.k6.log`, 'a');
  const child = spawn(
    process.env.ADMISSION_K6 ?? 'k6',
    [
      'run',
      '--quiet',
      '--no-usage-report',
      '--address',
      '',
      `--log-output=file=${files}.log`,
      '--log-format=raw',
      join(root, 'k6', `${script}.ts`),
    ],
    {
      cwd: root,
      signal,
      killSignal: 'SIGKILL' as const,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        BASE_URL: baseUrl,
        USERS: String(PROGRAMME.users),
        TRIES: String(TRIES),
        TIMELINE: '1',
        SUMMARY: `${files}.summary.json`,
        ...variables,
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
async function disturb(
  scenario: Scenario,
  system: System,
  startMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { meanwhile, changes } = scenario;
  const [, from = 0, to = 0] = changes;
  if (meanwhile === undefined) return;
  const until = (seconds: number): Promise<unknown> =>
    sleep(Math.max(0, startMs + seconds * 1000 - Date.now()), undefined, { signal });
  await until(from);
  if ('slowness' in meanwhile) {
    lengthenConnections(scenario, system, meanwhile.slowness);
    await until(to);
    lengthenConnections(scenario, system, 1);
  } else {
    const victim = system.process(`api${meanwhile.dead}`).child;
    await victim.stop('SIGKILL');
    await until(to);
    await victim.start();
  }
}

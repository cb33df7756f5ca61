import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allOrNone } from './all-or-none.ts';
import { demand } from './launcher.ts';
import { describeEnvironment, MachineLoad, type Meta, type Outage } from './record/meta.ts';
import { type RunCommand, STOPPED } from './options.ts';
import { RunFolder, root } from './paths.ts';
import { type Product, startProduct, untilReady } from './checks/product.ts';
import { Progress } from './progress.ts';
import { Scraper } from './record/scrape.ts';
import { verify } from './checks/verify.ts';
import { World } from './world.ts';

const TREND_STATS = 'avg,min,med,max,p(90),p(95),p(99),count';
const THRESHOLDS_FAILED = 99;

/** The run in which databases are stopped: how long all is well before, and after each. */
const CALM_SECONDS = 20;
const OUTAGE_SECONDS = 40;
const RECOVERY_SECONDS = 45;

/**
 * Runs a scenario and leaves everything that the report needs in its folder.
 * @param more variables of k6 that only the running product gives
 */
export async function run(
  wanted: RunCommand,
  more: (product: Product) => Promise<Record<string, string>> = () => Promise.resolve({}),
): Promise<{ folder: RunFolder; meta: Meta }> {
  const folder = new RunFolder(wanted.id);
  if (existsSync(folder.meta)) throw new Error(`There is a run ${wanted.id} already: choose another --id.`);
  folder.make();
  const world = wanted.scenario === 'attack' ? await World.start() : undefined;
  const own = { ...productEnv(wanted), ...world?.productEnv(wanted.variables.DEFENCE ?? '') };
  const product =
    wanted.baseUrl === undefined
      ? await startProduct(own, folder.file('product.log'))
      : await given(wanted.baseUrl, wanted.managementUrl);
  const k6 = process.env.LOAD_K6 ?? 'k6';
  const environment = describeEnvironment({ ...process.env, ...own }, k6);
  const scraper = new Scraper(product.managementUrl, folder.server);
  const progress = new Progress(scraper);
  const load = new MachineLoad();
  const startedAt = new Date();
  const start = performance.now();
  let meta: Meta;
  try {
    if (wanted.prometheus) await demand('scrape', { address: new URL(product.managementUrl).host });
    const given = await more(product);
    scraper.start();
    progress.start();
    const [exitCode, outages] = await allOrNone(product.ended, (signal) => [
      runK6(
        k6,
        wanted,
        { ...runEnv(folder, product), ...given, ...world?.k6Env(product.managementUrl, own.QUEUE_ID ?? '') },
        signal,
      ),
      wanted.scenario === 'breaker' ? stopEachForAWhile(start, signal) : Promise.resolve([]),
    ]);
    meta = {
      id: wanted.id,
      scenario: wanted.scenario,
      variables: wanted.variables,
      exitCode,
      outages,
      startedAt: startedAt.toISOString(),
      seconds: (performance.now() - start) / 1000,
      environment: { ...environment, load: load.since() },
    };
  } finally {
    progress.stop();
    scraper.stop();
    await product.stop();
    world?.stop();
  }
  if (wanted.baseUrl === undefined) meta.invariants = await verify(own);
  writeFileSync(folder.meta, `${JSON.stringify(meta, null, 2)}\n`);
  return { folder, meta };
}

function productEnv({ id, scenario, kafka, productEnv: own }: RunCommand): Record<string, string> {
  return {
    ROLE: 'all',
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
    QUEUE_ID: `load-${id.replaceAll('.', '_')}`, // its own queue, because Redis may hold others
    ...(kafka ? {} : { KAFKA_BROKERS: '' }),
    ...own,
    ...(scenario === 'breaker' ? { QUEUE_MAX_ACTIVE: process.env.QUEUE_MAX_ACTIVE ?? '10000' } : {}),
  };
}

async function given(baseUrl: string, managementUrl = baseUrl): Promise<Product> {
  await untilReady(baseUrl);
  return { baseUrl, managementUrl, ended: new Promise(() => undefined), stop: () => Promise.resolve() };
}

/** Of every scenario. */
const runEnv = (folder: RunFolder, { baseUrl }: Product): Record<string, string> => ({
  BASE_URL: baseUrl,
  TEST_ID: folder.id,
  SUMMARY: folder.summary,
  K6_WEB_DASHBOARD: 'true',
  K6_WEB_DASHBOARD_PORT: '-1',
  K6_WEB_DASHBOARD_PERIOD: '1s',
  K6_WEB_DASHBOARD_TAGS: 'endpoint',
  K6_WEB_DASHBOARD_RECORD: folder.recording,
});

async function runK6(
  k6: string,
  wanted: RunCommand,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<number> {
  const isBreaker = wanted.scenario === 'breaker';
  const script = join(root, 'k6', `${isBreaker ? 'purchase' : wanted.scenario}.ts`);
  // Its own thresholds are those of good days: what an outage is judged by, the report says.
  const judged = isBreaker ? ['--no-thresholds'] : [];
  const out = wanted.influx ? ['--out', `influxdb=${process.env.INFLUX_URL ?? ''}/k6`] : [];
  const child = spawn(
    k6,
    [
      'run',
      '--quiet',
      '--no-usage-report',
      `--summary-trend-stats=${TREND_STATS}`,
      ...judged,
      ...out,
      script,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        ...(isBreaker
          ? {
              RATE: '20', // enough calls for a breaker to judge by
              DURATION: `${CALM_SECONDS + STOPPED.length * (OUTAGE_SECONDS + RECOVERY_SECONDS)}s`,
            }
          : {}),
        ...wanted.variables,
        ...env,
      },
    },
  );
  const interrupt = (): void => void child.kill('SIGINT');
  process.once('SIGINT', interrupt);
  signal.addEventListener('abort', () => child.kill('SIGKILL'));
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGINT', interrupt);
  if (code !== 0 && code !== THRESHOLDS_FAILED)
    throw new Error(`k6 ended with exit code ${code ?? 'none'}: see above.`);
  return code;
}

/** @param start of the run, by performance.now() */
async function stopEachForAWhile(start: number, signal: AbortSignal): Promise<Outage[]> {
  const seconds = (): number => (performance.now() - start) / 1000;
  const outages: Outage[] = [];
  await sleep(CALM_SECONDS * 1000, undefined, { signal });
  for (const service of STOPPED) {
    const from = seconds();
    process.stdout.write(`  ${service} is stopped for ${OUTAGE_SECONDS} s\n`);
    await demand('stop', { service });
    await sleep(Math.max(0, OUTAGE_SECONDS - (seconds() - from)) * 1000, undefined, { signal });
    await demand('start', { service });
    outages.push({ service, from, until: seconds() });
    process.stdout.write(`  ${service} is back\n`);
    await sleep(RECOVERY_SECONDS * 1000, undefined, { signal });
  }
  return outages;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { check } from './checker/index.ts';
import type { Evidence, Injected, PhaseRecord, Violation } from './evidence.ts';
import { readState } from './final-state.ts';
import { History } from './history.ts';
import { nemesisOf, type Heal } from './nemesis/index.ts';
import { seededBy } from './random.ts';
import type { PhasePlan, Planned } from './schedule.ts';
import { System } from './system/index.ts';
import { AdmissionWatch } from './watch.ts';
import { Balancer } from './workload/balancer.ts';
import { Client } from './workload/client.ts';
import { Hall } from './workload/hall.ts';
import { Workload } from './workload/workload.ts';

export interface RunOptions {
  seed: number;
  /** results/<id> */
  folder: string;
  kafka: boolean;
  smallDisk: boolean;
  apis: number;
  workers: number;
  buyers: number;
  phases: PhasePlan[];
  say: (text: string) => void;
}

export interface RunResult {
  evidence: Evidence;
  violations: Violation[];
  verify: { code: number; output: string };
}

const CAP = 14;
const HOLD_SECONDS = 3;
const LEASE_SECONDS = 90;
const WAIT_SECONDS = 1200;
const AWAY_SECONDS = 20;
const IDLE_SECONDS = 4;
const VISITS_PER_SECOND = 60;
const SEATS_PER_SCHEDULE = 200;
const PRICE = 10_000;
const DRAIN_MS = 60_000;
/** After a phase, so that the next one begins with all well. */
const RECOVERY_MS = 1500;

/** Short times, so that all that can end ends within a run; the rest as in production. */
export const PRODUCT_ENV = {
  LOG_LEVEL: 'info',
  QUEUE_MAX_ACTIVE: String(CAP),
  QUEUE_LEASE_SECONDS: String(LEASE_SECONDS),
  QUEUE_WAIT_SECONDS: String(WAIT_SECONDS),
  QUEUE_AWAY_SECONDS: String(AWAY_SECONDS),
  QUEUE_IDLE_SECONDS: String(IDLE_SECONDS),
  HOLD_SECONDS: String(HOLD_SECONDS),
  DATABASE_POOL_MAX: '12',
  EVENT_DLQ_RETRY_MS: '2000',
  SHUTDOWN_DRAIN_MS: '1000',
  WATCH_SECONDS: '5',
  HTTP_QUEUE_MS: '60000', // the suite is about faults, not about overload of a busy machine
};

/** One run: a system of its own, buyers, nemeses one after the other, and the verdict. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { folder, seed, say, phases } = options;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'schedule.json'), `${JSON.stringify({ seed, phases }, null, 2)}\n`);
  const totalSeconds = phases.reduce((sum, { lengthMs }) => sum + lengthMs / 1000 + 10, 0);
  say('starting MariaDB, Redis, Kafka and the product');
  const system = await System.start({ ...options, env: PRODUCT_ENV });
  try {
    const users = Math.ceil(totalSeconds * VISITS_PER_SECOND);
    const hall = await Hall.build(system.mariadb, {
      users,
      schedules: Math.ceil(users / SEATS_PER_SCHEDULE),
      seats: SEATS_PER_SCHEDULE,
      price: PRICE,
    });
    await system.startProduct();
    const history = new History(join(folder, 'history.ndjson'));
    const balancer = new Balancer(system.apis, seededBy(seed, 'balancer'));
    const client = new Client(history, balancer);
    const watch = new AdmissionWatch(system.redis, history);
    const workload = new Workload();
    balancer.start();
    watch.start();
    workload.start({ seed, atOnce: options.buyers, holdMs: HOLD_SECONDS * 1000 }, client, hall);
    const records: PhaseRecord[] = [];
    for (const phase of phases) records.push(await runPhase(phase, system, history, say));
    say('everybody goes home');
    await workload.stop();
    await drained(system);
    await watch.stop();
    await balancer.stop();
    client.close();
    history.close();
    const verify = await system.tool('verify', ['--json']);
    const evidence: Evidence = {
      operations: history.operations,
      state: await readState(system.mariadb, history),
      admissions: watch.admissions,
      mostInside: watch.mostInside,
      cap: CAP,
      holdMs: HOLD_SECONDS * 1000,
      leaseMs: LEASE_SECONDS * 1000,
      waitMs: WAIT_SECONDS * 1000,
      awayMs: AWAY_SECONDS * 1000,
      phases: records,
    };
    const violations = check(evidence);
    if (verify.code !== 0)
      violations.push({ check: 'invariant', what: `verify: ${summaryOf(verify.output)}` });
    return { evidence, violations, verify };
  } finally {
    await system.stop();
  }
}

async function runPhase(
  { name, lengthMs, faults }: PhasePlan,
  system: System,
  history: History,
  say: (text: string) => void,
): Promise<PhaseRecord> {
  const fromMs = history.nowMs;
  const record: PhaseRecord = { name, fromMs, toMs: 0, faults: [] };
  say(`${name}, ${(lengthMs / 1000).toFixed(0)} s`);
  for (const fault of faults) {
    await sleep(Math.max(0, fromMs + fault.atMs - history.nowMs));
    record.faults.push(await strike(fault, system, history, say));
  }
  await sleep(Math.max(0, fromMs + lengthMs - history.nowMs));
  await system.heal();
  await sleep(RECOVERY_MS);
  record.toMs = history.nowMs;
  return record;
}

async function strike(
  fault: Planned,
  system: System,
  history: History,
  say: (text: string) => void,
): Promise<Injected> {
  const { nemesis, what, target, lastsMs } = fault;
  const injected: Injected = { nemesis, what, target, fromMs: history.nowMs, untilMs: 0 };
  history.note('strikes', fault);
  say(
    `  ${(injected.fromMs / 1000).toFixed(1).padStart(6)} s  ${nemesis}: ${target}, ${lastsMs} ms${fault.amount === undefined ? '' : ` (${fault.amount})`}`,
  );
  const wrong = (error: unknown): void => {
    injected.wrong = error instanceof Error ? error.message : String(error);
    say(`    ${injected.wrong}`);
  };
  let heal: Heal = () => system.heal();
  try {
    heal = await nemesisOf(nemesis).inject(system, fault);
  } catch (error) {
    wrong(error);
  }
  await sleep(lastsMs);
  try {
    await heal();
  } catch (error) {
    wrong(error);
  }
  injected.untilMs = history.nowMs;
  history.note('is over', { nemesis, target });
  return injected;
}

/** With the load off, everything drains: events are delivered and acted upon, holds end, places are given back. */
async function drained({ mariadb }: System): Promise<void> {
  const until = performance.now() + DRAIN_MS;
  for (;;) {
    const [left] = await mariadb.rows<{ events: number; holds: number }>(
      `SELECT (SELECT COUNT(*) FROM outbox o LEFT JOIN notification n ON n.event_id = o.event_id WHERE n.event_id IS NULL) AS events,
              (SELECT COUNT(*) FROM reservation WHERE status = 'TEMP_RESERVED') AS holds`,
    );
    if (left !== undefined && left.events + left.holds === 0) return;
    if (performance.now() > until) return; // the checker tells what is left
    await sleep(250);
  }
}

function summaryOf(output: string): string {
  try {
    const { results } = JSON.parse(output) as {
      results: { id: string; verdict: string; reason?: string; findings: unknown[] }[];
    };
    return results
      .filter(({ verdict }) => verdict === 'violated' || verdict === 'unknown')
      .map(
        ({ id, verdict, reason = '', findings }) =>
          `${id} ${verdict} ${reason} ${JSON.stringify(findings).slice(0, 400)}`,
      )
      .join('; ');
  } catch {
    return output.slice(-400);
  }
}

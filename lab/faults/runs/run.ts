import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasSucceeded } from '../checker/answers.ts';
import type { Injected, PhaseRecord } from '../observed/evidence.ts';
import type { History } from '../observed/history.ts';
import { nemesisOf, type Heal } from '../nemesis/index.ts';
import { Opening, type OpeningOptions, type Verdict } from './opening.ts';
import type { PhasePlan, Planned } from '../schedule.ts';
import type { System } from '../system/index.ts';

/** After a phase, so that the next one begins with all well. */
const RECOVERY_MS = 1500;
const HEALING_SECONDS = 10;
/** A phase goes on for this long where no purchase has succeeded in it yet: a busy machine needs more time. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 100;

/** One run: nemeses one after the other while buyers buy, and the verdict. */
export async function run(
  options: Omit<OpeningOptions, 'seconds'> & { phases: PhasePlan[] },
): Promise<Verdict> {
  const { folder, seed, say, phases } = options;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'schedule.json'), `${JSON.stringify({ seed, phases }, null, 2)}\n`);
  const seconds = phases.reduce((sum, { lengthMs }) => sum + lengthMs / 1000 + HEALING_SECONDS, 0);
  const opening = await Opening.begin({ ...options, seconds });
  try {
    const records: PhaseRecord[] = [];
    for (const phase of phases) records.push(await runPhase(phase, opening, say));
    return await opening.end(records);
  } finally {
    await opening.system.stop();
  }
}

async function runPhase(
  { name, lengthMs, faults }: PhasePlan,
  { system, history }: Opening,
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
  const untilMs = history.nowMs + PATIENCE_MS;
  while (!hasSucceeded(history.operations, fromMs, Infinity) && history.nowMs < untilMs) await sleep(LOOK_MS);
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
    const seen = await heal();
    if (typeof seen === 'string') injected.seen = seen;
  } catch (error) {
    wrong(error);
  }
  injected.untilMs = history.nowMs;
  history.note('is over', { nemesis, target });
  return injected;
}

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readFindings } from '../checks/findings.ts';
import { untilReady } from '../checks/product.ts';
import { verify } from '../checks/verify.ts';
import { root } from '../paths.ts';
import { writeReport } from '../report.ts';
import { run } from '../run.ts';
import type { RunCommand } from '../options.ts';
import type { Rehearsed, RehearsalCommand } from './options.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { accessOf, managementTokenFor } from './pass.ts';
import { checkForecast, rehearsalVerdict } from './section.ts';

/** Default of QUEUE_AUTO_TARGET_P99_MS. */
const DEFAULT_TARGET_MS = '200';
/** How often to check whether an operator has requested a rehearsal. */
const LOOK_EVERY_MS = 5000;

/** Runs dist/cli/rehearsal.js. @returns its last line as JSON @throws Error with what it has said */
async function tool(...args: string[]): Promise<Record<string, number>> {
  const file = join(root, 'dist', 'cli', 'rehearsal.js');
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args]).catch((error: unknown) => {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`rehearsal ${args[0] ?? ''}: ${stderr.trim() || String(error)}`);
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as Record<string, number>;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/**
 * @returns the exit code: 0 when the objective was kept and all invariants hold, with `check` when the forecast was right;
 * with `requests`, when it is ended
 */
export async function rehearse(command: RehearsalCommand): Promise<number> {
  const interruption = new AbortController();
  process.on('SIGINT', () => interruption.abort()); // k6 gets it as well; what was made is removed first
  if (command.act === 'cleanup') {
    const { removed = 0 } = await tool('remove');
    say(`${removed} rehearsal${removed === 1 ? '' : 's'} removed`);
    return 0;
  }
  if (command.act === 'requests') return serve(command, interruption.signal);
  const { run: own, rehearsed, check } = command;
  for (const { queueId } of [rehearsed, ...(check ? [check.rehearsed] : [])])
    if (own.baseUrl !== undefined) await demandQueue(own.baseUrl, queueId);
  const { outcome, code } = await request(own, rehearsed, interruption.signal);
  if (check === undefined) return code;
  const real = await request(check.run, check.rehearsed, interruption.signal);
  const checked = checkForecast(outcome.real?.forecast ?? null, real.outcome.soldOutAfterSeconds);
  say(`\n${checked.text}`);
  return checked.isKept ? 0 : 1;
}

async function request(own: RunCommand, rehearsed: Rehearsed, signal: AbortSignal): Promise<Rehearsal> {
  const { rehearsalId = 0 } = await tool('request', '--wanted', JSON.stringify(rehearsed));
  return rehearseOnce(own, rehearsed, rehearsalId, signal);
}

interface Rehearsal {
  outcome: Outcome;
  /** 0 when the objective was kept and all invariants hold. */
  code: number;
}

/** Does what operators ask for, one after the other. One that fails says so to them, and the next one goes on. */
async function serve(
  { run: runFor, baseUrl }: Extract<RehearsalCommand, { act: 'requests' }>,
  signal: AbortSignal,
): Promise<number> {
  await untilReady(baseUrl);
  await tool('remove'); // of a runner that was ended by force
  say(`Waiting for rehearsals that operators ask for at ${baseUrl}; Ctrl-C ends it.`);
  while (!signal.aborted) {
    const next = (await tool('next')) as unknown as Partial<Rehearsed> & { rehearsalId?: number };
    if (next.rehearsalId === undefined) {
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      continue;
    }
    const { rehearsalId, ...rehearsed } = next as Rehearsed & { rehearsalId: number };
    say(`\nRehearsal ${rehearsalId}: ${rehearsed.users} users, ${rehearsed.seats} seats`);
    await rehearseOnce(runFor(rehearsed, rehearsalId), rehearsed, rehearsalId, signal).catch(
      (error: unknown) => say(String(error)),
    );
  }
  return 0;
}

async function rehearseOnce(
  own: RunCommand,
  rehearsed: Rehearsed,
  rehearsalId: number,
  signal: AbortSignal,
): Promise<Rehearsal> {
  const finish = (...result: [string, string]): Promise<unknown> =>
    tool('finish', '--rehearsal', String(rehearsalId), ...result);
  let outcome: Outcome;
  try {
    outcome = await perform(rehearsed, own, rehearsalId, signal);
    const forecast = outcome.real?.forecast ?? null;
    const shown = {
      ...outcome,
      realSoldOutAfterSeconds: forecast && forecast.seconds,
      realSoldOutRange: forecast && { fromSeconds: forecast.low, toSeconds: forecast.high },
    };
    if (signal.aborted) await finish('--failure', 'It was interrupted.');
    else await finish('--outcome', JSON.stringify(shown));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await finish('--failure', why).catch(() => undefined); // what has failed first is what counts
    throw error;
  } finally {
    await tool('remove');
  }
  return { outcome, code: await report(outcome, own.id, rehearsed.queueId) };
}

async function report(outcome: Outcome, id: string, queueId: string): Promise<number> {
  const { folder, findings } = writeReport(id);
  const checks = [findings.meta.invariants];
  if (process.env.REDIS_URL !== undefined) checks.push(await verify({}, queueId));
  const broken = checks.flatMap((check) => (check === undefined || check.ok ? [] : check.findings));
  say(`\n${rehearsalVerdict(outcome)}`);
  for (const finding of broken) say(`INVARIANT: ${finding}`);
  say(`Everything that the rehearsal had made is removed.\nReport: ${folder.html}`);
  return outcome.isKept && broken.length === 0 ? 0 : 1;
}

async function perform(
  { users, seats, queueId, real }: Rehearsed,
  command: RunCommand,
  rehearsalId: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const { firstUserId = 0, scheduleId } = await tool('prepare', '--rehearsal', String(rehearsalId));
  signal.throwIfAborted();
  const targetMs = Number(
    command.variables.P99_MS ??
      process.env.P99_MS ??
      process.env.QUEUE_AUTO_TARGET_P99_MS ??
      DEFAULT_TARGET_MS,
  );
  const variables = {
    ...command.variables,
    P99_MS: String(targetMs),
    FIRST_USER: String(firstUserId),
    SCHEDULE_ID: String(scheduleId),
  };
  const token = managementTokenFor(command.baseUrl);
  const productEnv = { ...command.productEnv, ...(token !== undefined && { MANAGEMENT_TOKEN: token }) };
  const { folder, meta } = await run({ ...command, variables, productEnv }, (product) =>
    accessOf(product, { rehearsalId, token, userId: firstUserId, queueId }),
  );
  const outcome = outcomeOf(readFindings(command.id), { queueId, users, seats, real, targetMs });
  writeFileSync(folder.meta, `${JSON.stringify({ ...meta, rehearsal: outcome }, null, 2)}\n`);
  return outcome;
}

/** @throws Error when the product has no such queue: its buyers would meet the test users in theirs */
async function demandQueue(baseUrl: string, queueId: string): Promise<void> {
  await untilReady(baseUrl);
  const answer = await fetch(`${baseUrl}/v1/api/queues/${queueId}/status`, {
    signal: AbortSignal.timeout(5000),
  });
  await answer.body?.cancel();
  if (answer.status === 404)
    throw new Error(
      `The product has no queue ${queueId}: a rehearsal needs one that no buyer is in. Add ${queueId}=auto to QUEUES.`,
    );
}

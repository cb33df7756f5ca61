import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFindings } from '../checks/findings.ts';
import { untilReady } from '../checks/product.ts';
import { verify } from '../checks/verify.ts';
import { writeReport } from '../report.ts';
import { run } from '../run.ts';
import type { RunCommand } from '../options.ts';
import type { Rehearsed, RehearsalCommand } from './options.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { accessOf, managementTokenFor } from './pass.ts';
import { checkForecast, rehearsalVerdict } from './section.ts';
import { type Tool, tool, withRunnerLock } from './tool.ts';

/** Default of QUEUE_AUTO_TARGET_P99_MS. */
const DEFAULT_TARGET_MS = '200';
/** How often to check whether an operator has requested a rehearsal. */
const LOOK_EVERY_MS = 5000;

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
  return withRunnerLock((own) => once(command, own, interruption.signal));
}

async function once(
  { run, rehearsed, check }: Extract<RehearsalCommand, { act: 'once' }>,
  own: Tool,
  signal: AbortSignal,
): Promise<number> {
  const present = await presentIn(run.baseUrl, rehearsed.queueId);
  const presentOfCheck = check && (await presentIn(run.baseUrl, check.rehearsed.queueId));
  const { outcome, code } = await request(run, rehearsed, present, { own, signal });
  if (check === undefined) return code;
  const real = await request(check.run, check.rehearsed, presentOfCheck ?? [], { own, signal });
  const checked = checkForecast(outcome.real?.forecast ?? null, real.outcome.soldOutAfterSeconds);
  say(`\n${checked.text}`);
  return checked.isKept ? 0 : 1;
}

/** What acts under the lock, until the user ends it. */
interface Runner {
  own: Tool;
  signal: AbortSignal;
}

async function request(
  run: RunCommand,
  rehearsed: Rehearsed,
  present: string[],
  runner: Runner,
): Promise<Rehearsal> {
  const { rehearsalId = 0 } = await runner.own('request', '--wanted', JSON.stringify(rehearsed), ...present);
  return rehearseOnce(run, rehearsed, rehearsalId, runner);
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
  const refused = (error: unknown): void => say(String(error));
  await withRunnerLock((own) => own('remove')).catch(refused); // what a runner that was ended by force has left
  say(`Waiting for rehearsals that operators ask for at ${baseUrl}; Ctrl-C ends it.`);
  while (!signal.aborted) {
    const next = (await tool('next')) as unknown as Partial<Rehearsed> & { rehearsalId?: number };
    if (next.rehearsalId !== undefined) {
      const { rehearsalId, ...rehearsed } = next as Rehearsed & { rehearsalId: number };
      say(`\nRehearsal ${rehearsalId}: ${rehearsed.users} users, ${rehearsed.seats} seats`);
      await withRunnerLock((own) =>
        rehearseOnce(runFor(rehearsed, rehearsalId), rehearsed, rehearsalId, { own, signal }),
      ).catch(refused);
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return 0;
}

async function rehearseOnce(
  run: RunCommand,
  rehearsed: Rehearsed,
  rehearsalId: number,
  runner: Runner,
): Promise<Rehearsal> {
  const { own, signal } = runner;
  const finish = (...result: [string, string]): Promise<unknown> =>
    own('finish', '--rehearsal', String(rehearsalId), ...result);
  let outcome: Outcome;
  try {
    outcome = await perform(rehearsed, run, rehearsalId, runner);
    const forecast = outcome.real?.forecast ?? null;
    const shown = {
      ...outcome,
      realSoldOutAfterSeconds: forecast && forecast.seconds,
      realSoldOutRange: forecast && { fromSeconds: forecast.low, toSeconds: forecast.high },
    };
    if (signal.aborted) await finish('--failure', 'It was interrupted.');
    else await finish('--outcome', JSON.stringify(shown));
  } catch (error) {
    const why = (error instanceof Error ? error.message : '') || String(error); // an AggregateError has no message
    await finish('--failure', why).catch(() => undefined); // what has failed first is what counts
    throw error;
  } finally {
    await own('remove');
  }
  return { outcome, code: await report(outcome, run.id, rehearsed.queueId) };
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
  { own, signal }: Runner,
): Promise<Outcome> {
  const { firstUserId = 0, scheduleId } = await own('prepare', '--rehearsal', String(rehearsalId));
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

/**
 * Who is in the queue of a given product, as options of `request`. A product that is started for the run has a new queue.
 * @throws Error when the product has no such queue: its buyers would meet the test users in theirs
 */
async function presentIn(baseUrl: string | undefined, queueId: string): Promise<string[]> {
  if (baseUrl === undefined) return [];
  await untilReady(baseUrl);
  const answer = await fetch(`${baseUrl}/v1/api/queues/${queueId}/status`, {
    signal: AbortSignal.timeout(5000),
  });
  if (answer.status === 404)
    throw new Error(
      `The product has no queue ${queueId}: a rehearsal needs one that no buyer is in. Add ${queueId}=auto to QUEUES.`,
    );
  if (answer.status !== 200) throw new Error(`The status of queue ${queueId}: ${answer.status}`);
  const { data } = (await answer.json()) as { data: { active: number; waiting: number } };
  return ['--active', String(data.active), '--waiting', String(data.waiting)];
}

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readFindings } from '../checks/findings.ts';
import { untilReady } from '../checks/product.ts';
import { verify } from '../checks/verify.ts';
import { root } from '../paths.ts';
import { writeReport } from '../report.ts';
import { run } from '../run.ts';
import type { RehearsalCommand } from './options.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { rehearsalVerdict } from './section.ts';

/** QUEUE_AUTO_TARGET_P99_MS where nothing else is said. */
const DEFAULT_TARGET_MS = '200';

/** Runs dist/cli/rehearsal.js. @returns its last line as JSON @throws Error with what it has said */
async function tool(...args: string[]): Promise<Record<string, number>> {
  const file = join(root, 'dist', 'cli', 'rehearsal.js');
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args]).catch((error: unknown) => {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`rehearsal ${args[0] ?? ''}: ${stderr.trim() || String(error)}`);
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as Record<string, number>;
}

/** @returns the exit code: 0 when the objective was kept and all invariants hold */
export async function rehearse(wanted: RehearsalCommand): Promise<number> {
  const interruption = new AbortController();
  process.on('SIGINT', () => interruption.abort()); // k6 gets it as well; what was made is removed first
  if (wanted.run === undefined) {
    const { removed = 0 } = await tool('remove');
    process.stdout.write(`${removed} rehearsal${removed === 1 ? '' : 's'} removed\n`);
    return 0;
  }
  const { baseUrl, id } = wanted.run;
  if (baseUrl !== undefined) await demandQueue(baseUrl, wanted.queueId);
  let outcome: Outcome;
  try {
    outcome = await perform(wanted, wanted.run, interruption.signal);
  } finally {
    await tool('remove');
  }
  const { folder, findings } = writeReport(id);
  const checks = [findings.meta.invariants];
  if (process.env.REDIS_URL !== undefined) checks.push(await verify({}, wanted.queueId));
  const broken = checks.flatMap((check) => (check === undefined || check.ok ? [] : check.findings));
  process.stdout.write(`\n${rehearsalVerdict(outcome)}\n`);
  for (const finding of broken) process.stdout.write(`INVARIANT: ${finding}\n`);
  process.stdout.write(`Everything that the rehearsal had made is removed.\nReport: ${folder.html}\n`);
  return outcome.isKept && broken.length === 0 ? 0 : 1;
}

async function perform(
  { users, seats, queueId, real }: RehearsalCommand,
  command: NonNullable<RehearsalCommand['run']>,
  signal: AbortSignal,
): Promise<Outcome> {
  const stage = await tool('prepare', '--queue', queueId, '--users', String(users), '--seats', String(seats));
  signal.throwIfAborted();
  const { firstUserId, scheduleId, rehearsalId } = stage;
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
  const { folder, meta } = await run({ ...command, variables });
  const outcome = outcomeOf(readFindings(command.id), { queueId, users, seats, real, targetMs });
  writeFileSync(folder.meta, `${JSON.stringify({ ...meta, rehearsal: outcome }, null, 2)}\n`);
  const { capacity } = outcome;
  if (capacity !== null && !signal.aborted) {
    const found = ['--rehearsal', String(rehearsalId), '--capacity', String(capacity.users)];
    await tool('keep', ...found, ...(capacity.isLimit ? [] : ['--at-least']));
  }
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

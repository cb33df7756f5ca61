import type { RunCommand } from '../options.ts';
import { demandEnvironment, knownVariables, readVariables, runId, urlIn } from '../variables.ts';
import options from '../../../scripts/lib/arguments/options.js';
import { wholeNumber } from '../../../scripts/lib/arguments/values.ts';

/** The real sale whose end is to be predicted. */
export interface RealSale {
  seats: number;
  buyers: number;
}

/** Settings of a rehearsal, as the product keeps them. */
export interface Rehearsed {
  users: number;
  seats: number;
  queueId: string;
  waitMinutes: number;
  real: RealSale | null;
}

/** The real sale, as test users play it after the rehearsal. */
interface CheckedSale {
  run: RunCommand;
  rehearsed: Rehearsed;
}

export type RehearsalCommand = { command: 'rehearse' } & (
  | { act: 'once'; run: RunCommand; rehearsed: Rehearsed; check: CheckedSale | undefined }
  /** What operators have asked for, until it is ended. @param run the id of each run, by that of the rehearsal */
  | { act: 'requests'; baseUrl: string; run: (rehearsed: Rehearsed, rehearsalId: number) => RunCommand }
  /** Only the removal of what others have left. */
  | { act: 'cleanup' }
);

const MOST = 1_000_000;
const DEFAULT_MINUTES = 5;
const MOST_MINUTES = 120;
/** Of the spike, by default: the forecast must know it. */
const ABANDON_SHARE = '0.1';
/** Set by the rehearsal itself. */
const OWN_VARIABLES = ['REHEARSAL_PASS', 'PEAK', 'USERS', 'DURATION', 'FIRST_USER', 'QUEUE', 'SCHEDULE_ID'];

function whole(option: string, text: string | undefined, fallback?: number): number {
  if (text !== undefined) return wholeNumber(`--${option}`, text, { max: MOST });
  if (fallback === undefined) throw new Error(`--${option} is missing.`);
  return fallback;
}

/** @param args behind `rehearse` @throws Error that says what is wrong */
export function readRehearsal(args: string[], now: Date): RehearsalCommand {
  const { values, positionals } = options.readOptions({
    args,
    allowPositionals: true,
    options: {
      users: { type: 'string' },
      seats: { type: 'string' },
      minutes: { type: 'string' },
      queue: { type: 'string' },
      'real-seats': { type: 'string' },
      'real-buyers': { type: 'string' },
      id: { type: 'string' },
      'check-forecast': { type: 'boolean' },
      requests: { type: 'boolean', default: false },
      cleanup: { type: 'boolean', default: false },
    },
  });
  if (values.cleanup) {
    if (args.length > 1) throw new Error('--cleanup takes nothing else.');
    return { command: 'rehearse', act: 'cleanup' };
  }
  const known = [...knownVariables('spike'), 'MANAGEMENT_URL'].filter(
    (name) => !OWN_VARIABLES.includes(name),
  );
  const variables = readVariables(positionals, known, 'spike');
  demandEnvironment('spike', [...Object.keys(variables), ...OWN_VARIABLES]);
  const baseUrl = urlIn(variables, 'BASE_URL');
  if (values.requests) return readRequests(values, variables, baseUrl, now);
  const id = runId(values.id, 'rehearse', now);
  // A product of the run's own shares its Redis with other runs.
  const queueId =
    values.queue ?? (baseUrl === undefined ? `r-${id.replaceAll('.', '_')}`.slice(0, 64) : 'rehearsal');
  if (!/^[\w-]{1,64}$/.test(queueId))
    throw new Error(`--queue: 1 to 64 letters, digits, "_" or "-", not "${queueId}".`);
  const waitMinutes = whole('minutes', values.minutes, DEFAULT_MINUTES);
  if (waitMinutes > MOST_MINUTES) throw new Error(`--minutes must be at most ${MOST_MINUTES}.`);
  const users = whole('users', values.users);
  const wantsReal = values['real-seats'] !== undefined || values['real-buyers'] !== undefined;
  const rehearsed = {
    users,
    seats: whole('seats', values.seats),
    queueId,
    waitMinutes,
    real: wantsReal
      ? {
          seats: whole('real-seats', values['real-seats']),
          buyers: whole('real-buyers', values['real-buyers']),
        }
      : null,
  };
  const run = runOf(rehearsed, id, variables, baseUrl);
  if (values['check-forecast'] !== true)
    return { command: 'rehearse', act: 'once', run, rehearsed, check: undefined };
  if (rehearsed.real === null) throw new Error('--check-forecast needs --real-seats and --real-buyers.');
  // In the queue of the rehearsal its waiting users are present for a while.
  const own = { queueId: `${queueId.slice(0, 59)}-real`, real: null };
  const played = { ...rehearsed, ...own, users: rehearsed.real.buyers, seats: rehearsed.real.seats };
  const check = { run: runOf(played, `${id}-real`, variables, baseUrl), rehearsed: played };
  return { command: 'rehearse', act: 'once', run, rehearsed, check };
}

function readRequests(
  values: { id?: string },
  variables: Record<string, string>,
  baseUrl: string | undefined,
  now: Date,
): RehearsalCommand {
  const OWN = ['id', 'requests', 'cleanup'];
  if (Object.keys(values).some((name) => !OWN.includes(name)))
    throw new Error('--requests takes --id and variables alone: the rest is what operators ask for.');
  if (baseUrl === undefined) throw new Error('--requests needs BASE_URL: the installation as it is.');
  const name = runId(values.id, 'rehearse', now);
  return {
    command: 'rehearse',
    act: 'requests',
    baseUrl,
    run: (rehearsed, rehearsalId) => runOf(rehearsed, `${name}-${rehearsalId}`, variables, baseUrl),
  };
}

const runOf = (
  { users, queueId, waitMinutes }: Rehearsed,
  id: string,
  variables: Record<string, string>,
  baseUrl: string | undefined,
): RunCommand => ({
  command: 'run',
  scenario: 'spike',
  id,
  variables: {
    ABANDON_SHARE,
    ...variables,
    PEAK: String(users),
    USERS: String(users),
    DURATION: `${waitMinutes}m`,
    QUEUE: queueId,
  },
  baseUrl,
  managementUrl: urlIn(variables, 'MANAGEMENT_URL'),
  influx: false,
  prometheus: false,
  kafka: false,
  compareWith: undefined,
  productEnv: { QUEUES: process.env.QUEUES ?? `${queueId}=auto` },
});

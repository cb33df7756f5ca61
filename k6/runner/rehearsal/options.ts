import { parseArgs } from 'node:util';
import type { RunCommand } from '../options.ts';
import { knownVariables, readVariables, runId, urlIn } from '../variables.ts';

/** The real sale whose end is to be predicted. */
export interface RealSale {
  seats: number;
  buyers: number;
}

/** A rehearsal, or without `run` only the removal of what others have left. */
export interface RehearsalCommand {
  command: 'rehearse';
  run: RunCommand | undefined;
  users: number;
  seats: number;
  queueId: string;
  real: RealSale | undefined;
}

const MOST = 1_000_000;
const DEFAULT_MINUTES = 5;
/** Set by the rehearsal itself. */
const OWN_VARIABLES = ['PEAK', 'USERS', 'DURATION', 'FIRST_USER', 'QUEUE', 'SCHEDULE_ID'];

function whole(option: string, text: string | undefined, fallback?: number): number {
  const value = Number(text ?? fallback);
  if (text === undefined && fallback === undefined) throw new Error(`--${option} is missing.`);
  if (Number.isSafeInteger(value) && value >= 1 && value <= MOST) return value;
  throw new Error(`--${option} must be a whole number from 1 to ${MOST}, not "${String(text)}".`);
}

/** @param args behind `rehearse` @throws Error that says what is wrong */
export function readRehearsal(args: string[], now: Date): RehearsalCommand {
  const { values, positionals } = parseArgs({
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
      cleanup: { type: 'boolean', default: false },
    },
  });
  if (values.cleanup) {
    if (args.length > 1) throw new Error('--cleanup takes nothing else.');
    return { command: 'rehearse', run: undefined, users: 0, seats: 0, queueId: '', real: undefined };
  }
  const known = [...knownVariables('spike'), 'MANAGEMENT_URL'].filter(
    (name) => !OWN_VARIABLES.includes(name),
  );
  const variables = readVariables(positionals, known);
  const id = runId(values.id, 'rehearse', now);
  const baseUrl = urlIn(variables, 'BASE_URL');
  // A product of the run's own shares its Redis with other runs.
  const queueId =
    values.queue ?? (baseUrl === undefined ? `r-${id.replaceAll('.', '_')}`.slice(0, 64) : 'rehearsal');
  if (!/^[\w-]{1,64}$/.test(queueId))
    throw new Error(`--queue: 1 to 64 letters, digits, "_" or "-", not "${queueId}".`);
  const minutes = whole('minutes', values.minutes, DEFAULT_MINUTES);
  const users = whole('users', values.users);
  const wantsReal = values['real-seats'] !== undefined || values['real-buyers'] !== undefined;
  return {
    command: 'rehearse',
    users,
    seats: whole('seats', values.seats),
    queueId,
    real: wantsReal
      ? {
          seats: whole('real-seats', values['real-seats']),
          buyers: whole('real-buyers', values['real-buyers']),
        }
      : undefined,
    run: {
      command: 'run',
      scenario: 'spike',
      id,
      variables: {
        ...variables,
        PEAK: String(users),
        USERS: String(users),
        DURATION: `${minutes}m`,
        QUEUE: queueId,
      },
      baseUrl,
      managementUrl: urlIn(variables, 'MANAGEMENT_URL'),
      influx: false,
      prometheus: false,
      kafka: false,
      compareWith: undefined,
      productEnv: { QUEUES: process.env.QUEUES ?? `${queueId}=auto` },
    },
  };
}

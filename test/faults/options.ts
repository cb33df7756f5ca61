import { parseArgs } from 'node:util';
import { nemeses, nemesisOf } from './nemesis/index.ts';
import { CALM, MIXED } from './schedule.ts';

export interface Wanted {
  names: string[];
  seed: number;
  /** Length of each phase. */
  phaseMs: number;
  id: string;
  buyers: number;
  kafka: boolean;
  isPlanOnly: boolean;
  /** On a slow machine: what takes long is told, and is no failure. */
  isUntimed: boolean;
}

/** The order of a whole run: calm first, all together last. */
const ALL = [CALM, ...nemeses.map(({ name }) => name), MIXED];
const LEAST_PHASE_MS = 6000;

export const usage = (): string => `npm run faults [-- name … --seed N --minutes M]
  name         ${ALL.join(', ')}; none: all of them, one after the other
  --seed N     decides the schedule of faults (default: a random one, which is shown)
  --minutes M  of the whole run (default: 20 s for each name)
  --id NAME    the folder under results/ (default: faults-<time>)
  --buyers N   at once (default 24)
  --no-kafka   events are handled in the workers
  --untimed    times are told, but none is too long: for a busy machine
  --plan       shows the schedule only

${nemeses.map(({ name, about }) => `  ${name.padEnd(20)} ${about}`).join('\n')}`;

/** @returns undefined: help is wanted @throws Error that says what is wrong */
export function readArguments(args: string[], now = new Date()): Wanted | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      id: { type: 'string' },
      buyers: { type: 'string', default: '24' },
      'no-kafka': { type: 'boolean', default: false },
      plan: { type: 'boolean', default: false },
      untimed: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const names = positionals.length > 0 ? positionals : ALL;
  for (const name of names) if (name !== MIXED && name !== CALM) nemesisOf(name);
  const minutes = values.minutes === undefined ? undefined : positive('--minutes', values.minutes);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : positive('--seed', values.seed);
  const phaseMs = minutes === undefined ? 20_000 : (minutes * 60_000) / names.length;
  return {
    names,
    seed,
    phaseMs: Math.max(LEAST_PHASE_MS, phaseMs),
    id: values.id ?? `faults-${now.toISOString().slice(0, 19).replaceAll(':', '')}`,
    buyers: positive('--buyers', values.buyers),
    kafka: !values['no-kafka'],
    isPlanOnly: values.plan,
    isUntimed: values.untimed,
  };
}

function positive(option: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new Error(`${option} must be a number above 0, not "${text}".`);
}

import { nemeses, nemesisOf } from './nemesis/index.ts';
import { CALM, MIXED } from './schedule.ts';
import options from '../../scripts/lib/arguments/options.js';
import { runName, wholeNumber } from '../../scripts/lib/arguments/values.ts';

export interface Wanted {
  /** `nemeses`: those of `names`, one after the other. */
  act: 'nemeses' | 'hammer' | 'soak' | 'sale';
  names: string[];
  seed: number;
  totalMs: number;
  /** hammer: it ends after this many. */
  attempts: number;
  /** sale: how many users come. */
  entries: number;
  id: string;
  /** Name under docs/results/faults, for runs worth keeping; a sale goes into docs/results/README.md. */
  saveAs: string | undefined;
  buyers: number;
  kafka: boolean;
  isPlanOnly: boolean;
  /** On a slow machine: a nemesis' target that is missed is reported, and is no failure. */
  isUntimed: boolean;
}

/** The order of a whole run: calm first, all together last. */
const ALL = [CALM, ...nemeses.map(({ name }) => name), MIXED];
const PHASE_MINUTES = 1 / 3;
const SOAK_MINUTES = 60;
const HAMMER_MINUTES = 60;
const SALE_MINUTES = 6;
const LEAST_PHASE_MS = 4000;
/** A week: longer than a timer lasts would be no time at all. */
const MOST_MINUTES = 10_080;
const MOST_ATTEMPTS = 1_000_000_000;
const MOST_ENTRIES = 10_000_000;
const MOST_BUYERS = 10_000;
/** What only one act takes. */
const OWN = { attempts: 'hammer', entries: 'sale' };

export const USAGE = `npm run lab -- faults [name … --seed N --minutes M]
npm run lab -- faults hammer --attempts N    reserve attempts as fast as possible, under kill -9 (default 1,000,000)
npm run lab -- faults soak --minutes M       no faults: does anything grow? (default 60)
npm run lab -- faults sale --entries N       a whole sale under seven faults, judged by the audit of its log (default 100,000
                                             entries, at most 6 minutes)

  name         of the list below, calm (no fault) or mixed (any of them); none: all of them, one after the other
  --seed N     decides the schedule of faults (default: a random one, which is shown)
  --minutes M  of the whole run (default: 20 s for each name)
  --buyers N   at once (default 24)
  --no-kafka   events are handled in the workers
  --id NAME    the folder under results/ (default: faults-<time>)
  --save NAME  also writes the report to docs/results/faults/NAME.md, that of a sale into docs/results/README.md
  --untimed    reports targets, but none counts as missed: for a busy machine
  --plan       shows the schedule only

  kill-api             kill -9 of api, started again with its data
  kill-worker          kill -9 of worker, started again with its data
  kill-mariadb         kill -9 of mariadb, started again with its data
  kill-redis           kill -9 of redis, started again with its data
  kill-kafka           kill -9 of kafka, started again with its data
  pause-api            SIGSTOP of api, SIGCONT later
  pause-worker         SIGSTOP of worker, SIGCONT later
  pause-mariadb        SIGSTOP of mariadb, SIGCONT later
  pause-redis          SIGSTOP of redis, SIGCONT later
  pause-kafka          SIGSTOP of kafka, SIGCONT later
  restart-api          SIGTERM of api, started again
  restart-worker       SIGTERM of worker, started again
  restart-mariadb      SIGTERM of mariadb, started again
  restart-kafka        SIGTERM of kafka, started again
  stall                the event loop of a process stands still, again and again
  clock                the wall clock of one application process steps by up to ±1 h (Date shifted by a preload)
  redis-flush          FLUSHALL
  redis-empty          kill -9 of Redis, started again without data
  mariadb-locks        a session holds the locks of free seats longer than a lock is waited for
  mariadb-deadlocks    sessions lock seat, reservation and user in the wrong order: deadlocks (1213)
  mariadb-connections  max_connections is used up by others, and the product’s connections are killed
  mariadb-read-only    read_only = 1, as after a failover to a replica
  mariadb-full         the disk of MariaDB (a tmpfs) is full, and the table that every sale adds to must grow
  mariadb-batch        kill -9 of mariadb between the statements of batches, started again with its data
  net-cut              a connection is cut: connections reset, new ones refused
  net-silent           a connection is silent: nothing arrives until it is back
  net-delay            a connection is slow
  net-loss             a connection loses some of what is sent: resent, and at times reset
  net-half-open        connections are dead and neither end is notified; new ones work
  net-answers-lost     requests arrive, responses do not
  slow-clients         slowloris: 150 clients send their body a byte at a time until they are cut off
  gone-clients         clients go away in the middle of their request or before its response`;

/** @throws Error that says what is wrong */
export function readArguments(args: string[], now = new Date()): Wanted {
  const { values, positionals } = options.readOptions({
    args,
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      attempts: { type: 'string' },
      entries: { type: 'string' },
      id: { type: 'string' },
      save: { type: 'string' },
      buyers: { type: 'string', default: '24' },
      'no-kafka': { type: 'boolean', default: false },
      plan: { type: 'boolean', default: false },
      untimed: { type: 'boolean', default: false },
    },
  });
  const [first] = positionals;
  const act = first === 'hammer' || first === 'soak' || first === 'sale' ? first : 'nemeses';
  if (act !== 'nemeses' && positionals.length > 1) throw new Error(`${act} goes alone.`);
  if (act !== 'nemeses' && values.plan) throw new Error(`${act} has no schedule to show.`);
  const names = act !== 'nemeses' ? [] : positionals.length > 0 ? positionals : ALL;
  for (const name of names) if (name !== MIXED && name !== CALM) nemesisOf(name);
  const id = values.id ?? `faults-${now.toISOString().slice(0, 19).replaceAll(':', '')}`;
  runName('--id', id);
  if (values.save !== undefined) runName('--save', values.save);
  for (const [option, of] of Object.entries(OWN))
    if (option in values && act !== of) throw new Error(`--${option} belongs to ${of}.`);
  const usual = {
    nemeses: names.length * PHASE_MINUTES,
    soak: SOAK_MINUTES,
    hammer: HAMMER_MINUTES,
    sale: SALE_MINUTES,
  }[act];
  const minutes = values.minutes === undefined ? usual : minutesOf(values.minutes);
  return {
    act,
    names,
    seed:
      values.seed === undefined
        ? Math.floor(Math.random() * 1e9)
        : wholeNumber('--seed', values.seed, { min: 0, max: 999_999_999 }),
    totalMs: Math.max(names.length * LEAST_PHASE_MS, minutes * 60_000),
    attempts: wholeNumber('--attempts', values.attempts ?? '1000000', { max: MOST_ATTEMPTS }),
    entries: wholeNumber('--entries', values.entries ?? '100000', { max: MOST_ENTRIES }),
    id,
    saveAs: values.save,
    buyers: wholeNumber('--buyers', values.buyers, { max: MOST_BUYERS }),
    kafka: !values['no-kafka'],
    isPlanOnly: values.plan,
    isUntimed: values.untimed,
  };
}

function minutesOf(text: string): number {
  const minutes = options.plainNumber(text);
  if (minutes > 0 && minutes <= MOST_MINUTES) return minutes;
  throw new Error(`--minutes must be a number above 0, and at most ${MOST_MINUTES}, not "${text}".`);
}

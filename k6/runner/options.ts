import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import closest from '../../scripts/lib/arguments/closest.js';
import { root } from './paths.ts';
import { readRehearsal, type RehearsalCommand } from './rehearsal/options.ts';
import { demandEnvironment, knownVariables, readVariables, runId, urlIn } from './variables.ts';
import options from '../../scripts/lib/arguments/options.js';
import { runName } from '../../scripts/lib/arguments/values.ts';

/** One run of a scenario. */
export interface RunCommand {
  command: 'run';
  scenario: string;
  id: string;
  /** Variables of the scenario: see k6/README.md. */
  variables: Record<string, string>;
  /** Where the product is; undefined: started for the run. */
  baseUrl: string | undefined;
  /** Where its metrics are; undefined: at `baseUrl`. */
  managementUrl: string | undefined;
  influx: boolean;
  prometheus: boolean;
  kafka: boolean;
  compareWith: string | undefined;
  /** Variables of the product that is started for the run. */
  productEnv?: Record<string, string>;
}

export type Command =
  | RunCommand
  | RehearsalCommand
  | { command: 'compare'; ids: [string, string]; gate: boolean }
  | { command: 'report'; ids: [string]; saveAs: string | undefined };

const scripts = (): string[] =>
  readdirSync(join(root, 'k6'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => name.slice(0, -'.ts'.length));

/** @param others that are no scripts @throws Error that names what is no script of k6/ */
export function demandScript(name: string, others: string[] = []): void {
  if (name === '') throw new Error('Which scenario?');
  const known = [...scripts(), ...others];
  if (!known.includes(name))
    throw new Error(`There is no scenario "${name}".${closest.didYouMean(name, known)}`);
}

export const USAGE = `npm run load -- <scenario> [NAME=value …] [options]
npm run load -- compare <run> <run> [--gate] two runs beside each other, the second against the first with 95 %
                                             intervals; --gate ends with 1 when it is worse for certain, by 5 % or more
npm run load -- report <run> [--save NAME]   writes a run's report again; with --save also docs/results/load/NAME.md
npm run load -- rehearse --users N --seats N [--minutes N] [--queue ID] [--real-seats N --real-buyers N]
                             [--check-forecast] [NAME=value …]
                                             a sale of hidden seats to test users (docs/operations/rehearsal.md):
                                             objective kept or not, capacity, and when the real sale will sell out;
                                             --check-forecast has test users play that sale as well, and ends with 1 when
                                             it was sold out more than 10 % earlier or later
npm run load -- rehearse --requests [NAME=value …]
                                             does what operators ask for on their page, one after the other; BASE_URL,
                                             MANAGEMENT_URL and MANAGEMENT_TOKEN name the installation
npm run load -- rehearse --cleanup           removes what a rehearsal has left that was ended by force

  scenario          arrival, attack, breakpoint, check, crowd, purchase, schedule, seat, soak, spike, step, study, token: the
                    scripts of k6/; or breaker, which stops MariaDB and Redis during purchase
  NAME=value        variables of the scenario, as in k6/README.md: USERS=100000 PEAK=150 …
  --id NAME         the run's name and its folder under results/ (default: scenario and time)
  --compare RUN     an earlier run to show beside it
  --influx          also writes to InfluxDB, database k6 (started if there is none)
  --prometheus      also has Prometheus scrape the product (started if there is none)
  --kafka           events go through Kafka (started if there is none)
The product is started for the run, on MariaDB and Redis as npm test gets them, with the environment's variables
(QUEUE_MAX_ACTIVE=10000 npm run load -- study). With BASE_URL set, that product is loaded instead
(MANAGEMENT_URL: where its metrics are, if not there).`;

/** @throws Error that says what is wrong */
export function readArguments(args: string[], now = new Date()): Command {
  if (args[0] === 'rehearse') return readRehearsal(args.slice(1), now);
  const { values, positionals } = options.readOptions({
    args,
    allowPositionals: true,
    options: {
      id: { type: 'string' },
      compare: { type: 'string' },
      save: { type: 'string' },
      gate: { type: 'boolean' },
      influx: { type: 'boolean' },
      prometheus: { type: 'boolean' },
      kafka: { type: 'boolean' },
    },
  });
  const [command = '', ...rest] = positionals;
  demandOwn(command, Object.keys(values));
  if (command === 'compare' || command === 'report') return readRuns(command, rest, values);
  demandScript(command, ['breaker', 'compare', 'report', 'rehearse']);
  const script = command === 'breaker' ? 'purchase' : command;
  const variables = readVariables(rest, [...knownVariables(script), 'MANAGEMENT_URL'], script);
  demandEnvironment(script, [...Object.keys(variables), ...(command === 'breaker' ? SET_BY_BREAKER : [])]);
  const id = runId(values.id, command, now);
  const { influx = false, prometheus = false, kafka = false, compare } = values;
  if (compare !== undefined) runName('--compare', compare);
  const baseUrl = urlIn(variables, 'BASE_URL');
  if (command === 'breaker' && baseUrl !== undefined)
    throw new Error('breaker stops MariaDB and Redis: it runs on services started here, without BASE_URL.');
  if (baseUrl === undefined && usersOf(variables) > MOST_USERS)
    throw new Error(`USERS must be at most ${MOST_USERS}: they are made for the run.`);
  const own = { scenario: command, id, variables, compareWith: compare };
  return {
    command: 'run',
    ...own,
    baseUrl,
    managementUrl: urlIn(variables, 'MANAGEMENT_URL'),
    influx,
    prometheus,
    kafka,
  };
}

/** By run.ts. */
const SET_BY_BREAKER = ['RATE', 'DURATION'];

const OF_A_RUN = ['id', 'compare', 'influx', 'prometheus', 'kafka'];

/** @throws Error for an option that the command would pass over */
function demandOwn(command: string, given: string[]): void {
  const own = { compare: ['gate'], report: ['save'] }[command] ?? OF_A_RUN;
  const other = given.find((name) => !own.includes(name));
  if (other !== undefined) throw new Error(`${command} takes no --${other}.`);
}

function readRuns(
  command: 'compare' | 'report',
  ids: string[],
  { gate = false, save }: { gate?: boolean; save?: string },
): Command {
  const [first, second, ...more] = ids.map((id) => runName(command, id));
  if (command === 'report' && first !== undefined && second === undefined)
    return { command, ids: [first], saveAs: save && runName('--save', save) };
  if (command === 'compare' && first !== undefined && second !== undefined && more.length === 0)
    return { command, ids: [first, second], gate };
  throw new Error(`${command} takes ${command === 'report' ? 'a run' : 'two runs'}.`);
}

/** What `breaker` stops, one after the other. */
export const STOPPED = ['mariadb', 'redis'];

/** Services that the run needs. */
export interface Needs {
  needs: string[];
  /** Users of the database that is made for it. */
  users: number;
  /** More options of its seed. */
  seed?: string[];
  /** What it stops for a while. */
  stops: string[];
  /** Tools work on the database of a product that runs already. */
  hasDatabase?: boolean;
}

/** What the seed makes at most. */
const MOST_USERS = 10_000_000;

/** Of the scripts; an empty variable counts as unset. */
const usersOf = ({ USERS }: Record<string, string>): number => Number(USERS || process.env.USERS || 100_000);

/** More buyers than seats. */
const FEW_SEATS = ['--concerts', '1', '--dates', '1', '--seats', '100'];

const NO_NEEDS: Needs = { needs: [], users: 0, stops: [] };

export function needsOf(command: Command): Needs {
  if (command.command === 'rehearse') {
    if (command.act === 'requests') return { ...NO_NEEDS, needs: ['k6'], users: 1, hasDatabase: true };
    const needs = command.act === 'cleanup' ? NO_NEEDS : needsOf(command.run);
    const isGiven = command.act === 'cleanup' || command.run.baseUrl !== undefined;
    return { ...needs, users: 1, hasDatabase: isGiven };
  }
  if (command.command !== 'run') return NO_NEEDS;
  const needs = ['k6'];
  if (command.baseUrl === undefined) needs.push('mariadb', 'redis');
  if (command.kafka) needs.push('kafka');
  if (command.influx) needs.push('influxdb');
  if (command.prometheus) needs.push('prometheus');
  const stops = command.scenario === 'breaker' ? STOPPED : [];
  return {
    needs,
    users: usersOf(command.variables),
    seed: command.scenario === 'attack' ? FEW_SEATS : [],
    stops,
  };
}

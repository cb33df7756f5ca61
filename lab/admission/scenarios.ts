/** The load on the real product, and what happens to it meanwhile. Times in seconds since the load has begun. */
export interface Scenario {
  name: string;
  about: string;
  seconds: number;
  /** When something changes. */
  changes: number[];
  /** The script of k6/ and its variables. */
  script: 'crowd' | 'study';
  variables: Record<string, string>;
  /** Processes of the API. */
  replicas: number;
  /** Connections of each process, and how far away the database is; undefined: the defaults. */
  database: { pool: number; delayMs: number } | undefined;
  /** Between the second and the third change: round trips to the database take this many times as long, or one process is dead. */
  meanwhile: { slowness: number } | { dead: number } | undefined;
  /** Fixed limits to compare with. */
  limits: number[];
}

const SECONDS = 120;
const CHANGING_SECONDS = 150;
const STUDY_SECONDS = 60;
/** Ends before every user has been admitted. */
const ON_SALE_SECONDS = 60;

/** The mean of each pause of a user, and the dates that users want: a programme that sells out is another experiment. */
const BUYERS = { THINK: '1', DATES: 'any' };
/** Of a closed loop: several times as many as can be active. */
const USERS_ACTIVE = '700';
const ON_SALE = '2500';

const usual = {
  seconds: SECONDS,
  changes: [0],
  script: 'crowd' as const,
  variables: { USERS_ACTIVE, ...BUYERS },
  // So small that the database is the bottleneck on any machine, and its capacity is known: pool × processes / time
  // that a visit has a connection, some 35 round trips.
  replicas: 2,
  database: { pool: 4, delayMs: 1 },
  meanwhile: undefined,
  limits: [150, 180, 210],
};
const changing = { ...usual, seconds: CHANGING_SECONDS, changes: [0, 50, 100] };

export const SCENARIOS: Scenario[] = [
  { ...usual, name: 'a', about: 'a steady load, more than can be served' },
  {
    ...usual,
    name: 'b',
    about: 'an on-sale: everybody within a second',
    seconds: ON_SALE_SECONDS,
    variables: { USERS_ACTIVE: ON_SALE, ...BUYERS, SINGLE_VISIT: '1' },
    limits: [120, 150, 180],
  },
  {
    ...changing,
    name: 'c',
    about: 'the database is five times as far away for a minute',
    meanwhile: { slowness: 5 },
    limits: [60, 120, 150],
  },
  {
    ...usual,
    name: 'd',
    about: 'half of the admitted users never do anything',
    variables: { USERS_ACTIVE, ...BUYERS, SILENT_SHARE: '0.5' },
    limits: [300, 600],
  },
  {
    ...usual,
    name: 'e',
    about: 'the study’s scenario, on the product as it is',
    seconds: STUDY_SECONDS,
    script: 'study',
    variables: {},
    replicas: 1,
    database: undefined,
    limits: [30, 10_000],
  },
  {
    ...changing,
    name: 'f',
    about: 'of three replicas one dies, and comes back',
    // In all nearly as many connections as the others have.
    replicas: 3,
    database: { pool: 3, delayMs: 1 },
    meanwhile: { dead: 2 },
    limits: [120, 150, 180],
  },
];

/** The scenario with another length; its changes come accordingly sooner or later. */
export function lasting(scenario: Scenario, seconds = scenario.seconds): Scenario {
  const times = seconds / scenario.seconds;
  return { ...scenario, seconds, changes: scenario.changes.map((at) => Math.round(at * times)) };
}

/** The load lasts this much longer than the part that counts: a request that k6 breaks off at the end is no failure. */
const MORE_SECONDS = 2;

/** Variables of the k6 script. */
export function variablesOf({ script, seconds, variables }: Scenario): Record<string, string> {
  const length: Record<string, string> =
    script === 'study'
      ? { DURATION_SCALE: String(seconds / STUDY_SECONDS) }
      : { DURATION: `${seconds + MORE_SECONDS}s` };
  return { ...variables, ...length };
}

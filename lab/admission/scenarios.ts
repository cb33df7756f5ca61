/** What comes to the real product, and what happens to it meanwhile. Times in seconds since the crowd is there. */
export interface Shape {
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
  /** Connections of each process to a database that is so far away; undefined: as it comes. */
  database: { pool: number; delayMs: number } | undefined;
  /** Between the second and the third change: how many times as far the database is, or that one process is dead. */
  meanwhile: { slowness: number } | { dead: number } | undefined;
  /** Fixed caps to compare with. */
  caps: number[];
}

const SECONDS = 120;
const CHANGING_SECONDS = 150;
const STUDY_SECONDS = 60;
/** Before everybody has had his turn. */
const OPENING_SECONDS = 60;

/** Each pause of a visitor, mean. And each wants a date of his own: a hall that sells out is another experiment. */
const BUYERS = { THINK: '1', DATES: 'any' };
/** Of a closed loop: several times as many as find a place inside. */
const USERS_ACTIVE = '700';
const OPENING = '2500';

const usual = {
  ...{ seconds: SECONDS, changes: [0], script: 'crowd' as const, variables: { USERS_ACTIVE, ...BUYERS } },
  // So small that the database is the bottleneck on any machine, and its capacity is known: pool × processes / time
  // that a visit has a connection, some 35 round trips.
  ...{ replicas: 2, database: { pool: 4, delayMs: 1 }, meanwhile: undefined },
  caps: [150, 180, 210],
};
const changing = { ...usual, seconds: CHANGING_SECONDS, changes: [0, 50, 100] };

export const SHAPES: Shape[] = [
  { ...usual, name: 'a', about: 'a steady crowd, more than can be served' },
  {
    ...{ ...usual, name: 'b', about: 'an opening: all within a second' },
    ...{ seconds: OPENING_SECONDS, variables: { USERS_ACTIVE: OPENING, ...BUYERS, SINGLE_VISIT: '1' } },
    caps: [120, 150, 180],
  },
  {
    ...{ ...changing, name: 'c', about: 'the database is five times as far away for a minute' },
    ...{ meanwhile: { slowness: 5 }, caps: [60, 120, 150] },
  },
  {
    ...{ ...usual, name: 'd', about: 'half of those let in never do anything' },
    ...{ variables: { USERS_ACTIVE, ...BUYERS, SILENT_SHARE: '0.5' }, caps: [300, 600] },
  },
  {
    ...{ ...usual, name: 'e', about: 'the study’s scenario, on the product as it is' },
    ...{ seconds: STUDY_SECONDS, script: 'study', variables: {}, replicas: 1, database: undefined },
    caps: [30, 10_000],
  },
  {
    ...{ ...changing, name: 'f', about: 'of three replicas one dies, and comes back' },
    // In all nearly as many connections as the others have.
    ...{ replicas: 3, database: { pool: 3, delayMs: 1 }, meanwhile: { dead: 2 }, caps: [120, 150, 180] },
  },
];

/** The shape, as long as is wanted: what happens in it comes sooner or later. */
export function lasting(shape: Shape, seconds = shape.seconds): Shape {
  const times = seconds / shape.seconds;
  return { ...shape, seconds, changes: shape.changes.map((at) => Math.round(at * times)) };
}

/** So much longer than it is looked at does a crowd last: what k6 breaks off at the end is no failure. */
const MORE_SECONDS = 2;

/** What k6 is told. */
export function variablesOf({ script, seconds, variables }: Shape): Record<string, string> {
  const length: Record<string, string> =
    script === 'study'
      ? { DURATION_SCALE: String(seconds / STUDY_SECONDS) }
      : { DURATION: `${seconds + MORE_SECONDS}s` };
  return { ...variables, ...length };
}

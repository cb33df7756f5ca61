import type { Costs } from './backend.ts';

/** The users who arrive, and what happens to the backend meanwhile. Times in seconds. */
export interface ModelScenario {
  name: string;
  about: string;
  seconds: number;
  costs: Costs;
  replicas: (at: number) => number;
  /** How many times as long the database takes. */
  slowness: (at: number) => number;
  /** Users who arrive in a second; or, in a closed loop, how many there are. */
  arrivals: { perSecond: (at: number) => number } | { loop: (at: number) => number };
  /** Seconds between the polls of a waiting user, or as the product says (`pollAfterMs`). */
  polls: number | 'as answered';
  /** Mean of each pause. */
  think: number;
  /** Share of the admitted users who never send a request. */
  silent: number;
  /** `buy`: lists, hold, top-up and payment; `look`: lists, and then the user leaves silently. */
  visit: 'buy' | 'look';
  /** When something changes. */
  changes: number[];
}

/** The requests of each kind of visit; `pause`: the user thinks before it. */
export const STEPS = {
  buy: [
    { isWrite: false, pause: true },
    { isWrite: false, pause: false },
    { isWrite: true, pause: true },
    { isWrite: true, pause: true },
    { isWrite: true, pause: false },
  ],
  look: [
    { isWrite: false, pause: false },
    { isWrite: false, pause: false },
  ],
};

/** Of docs/results/bench.json (reserve, seat, check-known), rounded: one machine of two cores. */
const COSTS: Costs = { list: 0.03, write: 0.45, poll: 0.04, database: 1 };
const WRITES_OF_A_VISIT = 3;
const CAPACITY = 1000 / (WRITES_OF_A_VISIT * COSTS.database);

const usual = {
  seconds: 480,
  costs: COSTS,
  polls: 'as answered' as const,
  think: 2,
  silent: 0,
  visit: 'buy' as const,
  changes: [0],
  replicas: () => 2,
  slowness: () => 1,
  arrivals: { perSecond: () => 2 * CAPACITY },
};
const isIn = (at: number, from: number, to: number): boolean => at >= from && at < to;

/** The study's stages: 15 s each to 50, 150, 50 and 0 users. */
function study(at: number): number {
  const stages = [0, 50, 150, 50, 0];
  const stage = Math.min(3, Math.floor(at / 15));
  const [from = 0, to = 0] = stages.slice(stage, stage + 2);
  return Math.round(from + ((to - from) * Math.min(15, at - 15 * stage)) / 15);
}

export const MODEL_SCENARIOS: ModelScenario[] = [
  { ...usual, name: 'a', about: 'a steady load, twice what can be served' },
  {
    ...usual,
    name: 'b',
    about: '200,000 within a second',
    arrivals: { perSecond: (at) => (at < 1 ? 200_000 : 0) },
  },
  {
    ...usual,
    name: 'c',
    about: 'the database takes five times as long for a minute',
    slowness: (at) => (isIn(at, 210, 270) ? 5 : 1),
    changes: [0, 210, 270],
  },
  { ...usual, name: 'd', about: 'half of the admitted users never do anything', silent: 0.5 },
  {
    ...usual,
    name: 'e',
    about: 'the study’s scenario',
    seconds: 60,
    polls: 2,
    visit: 'look' as const,
    arrivals: { loop: study },
  },
  {
    ...usual,
    name: 'f',
    about: 'of three replicas one dies, and comes back',
    costs: { ...COSTS, list: 0.07, write: 1.6, database: 0.35 },
    replicas: (at: number) => (isIn(at, 160, 320) ? 2 : 3),
    changes: [0, 160, 320],
    arrivals: { perSecond: () => 1200 },
  },
  {
    ...usual,
    name: 'a-10',
    about: 'as a, with pauses of 10 s',
    think: 10,
  },
];

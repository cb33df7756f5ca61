import closest from '../../scripts/lib/arguments/closest.js';
import { MODEL_SCENARIOS, type ModelScenario } from './model/scenarios.ts';
import { lasting, type Scenario, SCENARIOS } from './scenarios.ts';
import options from '../../scripts/lib/arguments/options.js';
import { wholeNumber } from '../../scripts/lib/arguments/values.ts';

const { didYouMean } = closest;

/** A day: longer than a timer lasts would be no time at all. */
const MOST_SECONDS = 86_400;
const MOST_ACTIVE = 999_999_999;
const MOST_RUNS = 100;

export interface Wanted {
  modelScenarios: ModelScenario[];
  /** Of real runs. */
  scenarios: Scenario[];
  /** Real runs with each limit. */
  runs: number;
  /** The folder under results/. */
  id: string;
  /** Also to docs/results. */
  save: boolean;
}

export const USAGE = `npm run lab -- admission [scenario … --model --limits N,N,… --seconds N --runs N --save]
Scores QUEUE_MAX_ACTIVE=auto against the best fixed limit, first on a model and then in real runs with k6.

  scenario       a, b, c, d, e, f; a-10 on the model only; none: all of them, one after the other
  --model        the model only: it starts no service
  --limits N,…   fixed limits of the real runs (default: those of each scenario), or none
  --seconds N    length of each real run (default: that of each scenario)
  --runs N       real runs of each limit, in turns, of which the means count (default 1)
  --save         also writes docs/results/admission.md and its plots

  a     a steady load, more than can be served: 120 s, limits 150, 180, 210
  b     an on-sale, everybody within a second: 60 s, limits 120, 150, 180
  c     the database is five times as far away for a while: 150 s, limits 60, 120, 150
  d     half of the admitted users never do anything: 120 s, limits 300, 600
  e     the study's scenario, on the product as it is: 60 s, limits 30, 10000
  f     of three replicas one dies, and comes back: 150 s, limits 120, 150, 180
  a-10  as a, with pauses of 10 s`;

/** @throws Error that says what is wrong */
export function readArguments(args: string[], now = new Date()): Wanted {
  const { values, positionals: names } = options.readOptions({
    args,
    allowPositionals: true,
    options: {
      limits: { type: 'string' },
      seconds: { type: 'string' },
      runs: { type: 'string', default: '1' },
      model: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
    },
  });
  for (const name of names) demandScenario(name);
  const isWanted = ({ name }: { name: string }): boolean => names.length === 0 || names.includes(name);
  const whole = (option: string, text: string, max: number): number => wholeNumber(option, text, { max });
  const seconds = values.seconds === undefined ? undefined : whole('--seconds', values.seconds, MOST_SECONDS);
  const limits =
    values.limits === 'none'
      ? []
      : values.limits?.split(',').map((limit) => whole('--limits', limit, MOST_ACTIVE));
  const scenarios = SCENARIOS.filter(isWanted).map((scenario) => ({
    ...lasting(scenario, seconds),
    limits: limits ?? scenario.limits,
  }));
  return {
    modelScenarios: MODEL_SCENARIOS.filter(isWanted),
    scenarios: values.model ? [] : scenarios,
    runs: whole('--runs', values.runs, MOST_RUNS),
    id: `admission-${now.toISOString().slice(0, 19).replaceAll(':', '')}`,
    save: values.save,
  };
}

function demandScenario(wanted: string): void {
  const known = MODEL_SCENARIOS.map(({ name }) => name);
  if (!known.includes(wanted))
    throw new Error(`There is no scenario "${wanted}".${didYouMean(wanted, known)}`);
}

import { demandOnce, demandVariable, knownVariables, runId } from '../../k6/runner/variables.ts';
import closest from '../../scripts/lib/arguments/closest.js';
import type { Experiment } from './experiment.ts';
import { fatThin } from './experiments/fat-thin.ts';
import { hpa } from './experiments/hpa.ts';
import { rollout } from './experiments/rollout.ts';
import { size } from './experiments/size.ts';
import options from '../../scripts/lib/arguments/options.js';
import { wholeNumber } from '../../scripts/lib/arguments/values.ts';

const { didYouMean } = closest;

interface Known {
  run: Experiment;
  runs: number;
  variants: string[];
}
const EXPERIMENTS: Record<string, Known> = {
  hpa: { run: hpa, runs: 3, variants: ['cpu', 'in-flight', 'waiting', 'scheduled'] },
  size: { run: size, runs: 3, variants: ['2-4', '4-8', '6-8', '8-16'] },
  rollout: { run: rollout, runs: 5, variants: [] },
  'fat-thin': { run: fatThin, runs: 3, variants: ['fat', 'thin', 'thinner', 'one-thin'] },
};

const MOST_RUNS = 100;

export const USAGE = `npm run experiment -- hpa|size|rollout|fat-thin [variant …] [NAME=value …] [options]

  hpa        a step of load, by each signal of the autoscaler: cpu, in-flight, waiting, scheduled
  size       the study's grid 2-4, 4-8, 6-8, 8-16 (CPU, GiB): what each carries, and costs
  rollout    upgrades and a drain in the middle of purchases: failed requests
  fat-thin   one big pod against small ones of as many cores: fat, thin, thinner, one-thin

  --runs N       runs of each variant, of which the tables show medians (default 3; rollout: 5 upgrades)
  --factor F     sizes and rates are the study's times F (default 1; 0.4 or less on two cores)
  NAME=value     variables of the load, as in k6/README.md
  --id NAME      name of the experiment and its folder under results/
  --save         also writes docs/results/experiments/<experiment>.md

It works on what "npm run cluster -- deploy" has installed in kubectl's current context, and puts it back at the end.
The signals in-flight and waiting need a metrics adapter: k8s/README.md.`;

export interface Options {
  name: string;
  id: string;
  run: Experiment;
  runs: number;
  factor: number;
  only: string[];
  variables: Record<string, string>;
  isSaved: boolean;
}

/** @throws Error that says what is wrong */
export function readArguments(args: string[], now = new Date()): Options {
  const { values, positionals } = options.readOptions({
    args,
    allowPositionals: true,
    options: {
      id: { type: 'string' },
      runs: { type: 'string' },
      factor: { type: 'string', default: '1' },
      save: { type: 'boolean', default: false },
    },
  });
  const [name = '', ...rest] = positionals;
  const known = Object.hasOwn(EXPERIMENTS, name) ? EXPERIMENTS[name] : undefined;
  if (known === undefined)
    throw new Error(
      name === ''
        ? 'Which experiment?'
        : `There is no experiment "${name}".${didYouMean(name, Object.keys(EXPERIMENTS))}`,
    );
  const runs =
    values.runs === undefined ? known.runs : wholeNumber('--runs', values.runs, { max: MOST_RUNS });
  const factor = options.plainNumber(values.factor);
  if (!(factor > 0)) throw new Error('--factor: a number above 0.');
  const pairs = rest.map((argument) => /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(argument));
  const only = rest.filter((_, i) => pairs[i] === null);
  const unknown = only.find((variant) => !known.variants.includes(variant));
  if (unknown !== undefined)
    throw new Error(`There is no variant "${unknown}" of ${name}.${didYouMean(unknown, known.variants)}`);
  const pairNames = pairs.flatMap((pair) => pair?.[1] ?? []);
  demandOnce(pairNames);
  for (const variable of pairNames) demandVariable(variable, knownVariables());
  return {
    name,
    only,
    run: known.run,
    runs,
    factor,
    isSaved: values.save,
    id: runId(values.id, name, now),
    variables: Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1] ?? '', pair[2] ?? '']] : []))),
  };
}

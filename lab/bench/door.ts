import { SHAPES, type Shape } from '../admission/model/scenarios.ts';
import type { Benchmark, Options, Result } from './lib/result.ts';
import { spread } from './lib/rounds.ts';

const TARGET = 0.95;
const MOST_SEEDS = 3;

/** The adaptive door's score over that of the best fixed cap, for one shape. */
async function scoreShape(shape: Shape, seeds: number): Promise<Result> {
  // They load what is built, and the arguments are looked at before there is a build.
  const { bestFixedCap, scoreOf } = await import('../admission/model/score.ts');
  const { adaptiveCap, simulateDoor } = await import('../admission/model/simulate.ts');
  const best = bestFixedCap(shape);
  const scores = Array.from({ length: seeds }, (_, i) =>
    scoreOf(shape, simulateDoor(shape, adaptiveCap(), i + 1)),
  );
  const kept = Math.min(...scores.map((score) => score.kept));
  const mean = scores.reduce((sum, { perMinute }) => sum + perMinute, 0) / seeds;
  return {
    name: `door-${shape.name}`,
    measured: spread(scores.map(({ perMinute }) => perMinute / best.perMinute)),
    unit: '',
    target: { atLeast: TARGET },
    counted: 'visits a minute within the objective / with the best fixed cap',
    notes: [
      shape.about,
      `${Math.round(mean)} visits a minute, the objective kept in ${(kept * 100).toFixed(1)} % of seconds`,
      `best fixed cap ${best.cap}: ${Math.round(best.perMinute)}, kept in ${(best.kept * 100).toFixed(1)} %`,
    ],
    rounds: { scores, best: [best] },
  };
}

/** A model: no services, no noise; each seed gives the same result on every machine. */
export const doors: Benchmark[] = SHAPES.map((shape) => ({
  names: [`door-${shape.name}`],
  about: `the adaptive door on a model, ${shape.about}`,
  run: async ({ rounds }: Options) => [await scoreShape(shape, Math.min(rounds, MOST_SEEDS))],
}));

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { dice } from '../../../lab/capacity/random.ts';
import { root } from '../paths.ts';
import { type Crowd, type SaleModel, SaleSimulation, type SeatDemand, type VisitEnds } from './sale-model.ts';

/** When a sale is sold out, seconds. In nine of ten simulated sales it is from `low` to `high`; null: some never are. */
export interface Forecast {
  seconds: number;
  low: number;
  high: number | null;
}

/** What a rehearsal has measured. */
export interface Measured {
  crowd: Crowd;
  /** When this share of its seats was sold: before the last seats, whose time is chance. */
  share: number;
  shareSeconds: number;
  /** With the ends of the visits that were seen. */
  model: SaleModel;
}

type NewDemand = () => SeatDemand;

/** Of the simulated sales. More of them say nothing more about a large sale. */
const MOST_RUNS = 100;
const LEAST_RUNS = 5;
const VISITS_OF_ALL_RUNS = 2_000_000;
const FIT_RUNS = 5;
const FIT_STEPS = 14;
/** The pace is searched between 1 / this and this. */
const MOST_PACE = 16;

/**
 * Simulates the real sale with visits as long as those that were measured, because its end is not the rehearsed one made
 * longer: the last seats are those of users who leave, and of their successors who leave as well.
 * @param real its `ends` are those that are expected: in the rehearsal chance has had a part in them
 * @returns undefined: these buyers do not buy that much
 */
export function forecastOf(
  measured: Measured,
  real: Crowd & { ends: VisitEnds },
  newDemand: NewDemand = demandOfProduct,
): Forecast | undefined {
  const random = dice(1);
  const pace = paceOf(measured, newDemand);
  const runs = Math.round(Math.max(LEAST_RUNS, Math.min(MOST_RUNS, VISITS_OF_ALL_RUNS / real.seats)));
  const ends: number[] = [];
  for (let run = 0; run < runs; run++) {
    const uncertain = pace * Math.exp(normal(random) / Math.sqrt(measured.share * measured.crowd.seats));
    const model = paced({ ...measured.model, ends: real.ends }, uncertain);
    ends.push(new SaleSimulation(model, real, newDemand(), random).run()[real.seats - 1] ?? Infinity);
  }
  ends.sort((a, b) => a - b);
  const [low, seconds, high] = [0.05, 0.5, 0.95].map(
    (share) => ends[Math.round(share * (runs - 1))] ?? Infinity,
  );
  if (low === undefined || seconds === undefined || seconds === Infinity) return undefined;
  return { seconds, low, high: high === undefined || high === Infinity ? null : high };
}

/** By how much slower visits are than in the model, so that the simulated rehearsal sells as the real one did. */
function paceOf({ crowd, share, shareSeconds, model }: Measured, newDemand: NewDemand): number {
  const nth = Math.max(0, Math.ceil(share * crowd.seats) - 1);
  const secondsAt = (pace: number): number => {
    let sum = 0;
    for (let seed = 1; seed <= FIT_RUNS; seed++)
      sum += new SaleSimulation(paced(model, pace), crowd, newDemand(), dice(seed)).run()[nth] ?? Infinity;
    return sum / FIT_RUNS;
  };
  let [low, high] = [1 / MOST_PACE, MOST_PACE];
  for (let step = 0; step < FIT_STEPS; step++) {
    const middle = Math.sqrt(low * high);
    if (secondsAt(middle) > shareSeconds) high = middle;
    else low = middle;
  }
  return Math.sqrt(low * high);
}

/** How long a hold lasts, and when a silent user stops counting, are settings of the product and have no pace. */
const paced = (model: SaleModel, pace: number): SaleModel => ({
  ...model,
  chooseSeconds: pace * model.chooseSeconds,
  paySeconds: pace * model.paySeconds,
});

/** Box and Muller, 1958. */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Compiled, and loaded when it is needed: a report is written without a build. */
function demandOfProduct(): SeatDemand {
  const { Demand } = createRequire(join(root, 'package.json'))(
    './dist/modules/catalog/sale-board/demand.js',
  ) as typeof import('../../../src/modules/catalog/sale-board/demand');
  return new Demand();
}

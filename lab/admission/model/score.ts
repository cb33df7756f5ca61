import type { ModelScenario } from './scenarios.ts';
import { adaptiveLimit, fixedLimit, type Policy } from './policy.ts';
import type { Second } from './second.ts';
import { simulate } from './simulate.ts';

/** The latency target. */
export const TARGET_MS = 200;
/** As in the study: of the requests of active users. */
const MAX_FAILED_SHARE = 0.01;
/** Seconds that a policy may take to settle after the start and after each change. */
const SETTLING_SECONDS = 10;

/** Score of a policy. */
export interface Score {
  /** Visits completed in a minute, without those of seconds that missed the target. */
  perMinute: number;
  /** Share of the seconds that kept the target, without those in which the policy may settle. */
  kept: number;
}

const isKept = ({ p99Ms, failed, requests }: Second): boolean =>
  p99Ms < TARGET_MS && failed <= MAX_FAILED_SHARE * requests;

/** Visits completed in a second, if it kept the target. */
export const usefulVisits = (second: Second): number => (isKept(second) ? second.completed : 0);

export function scoreOf(
  { seconds, changes }: Pick<ModelScenario, 'seconds' | 'changes'>,
  timeline: Second[],
): Score {
  const maySettle = (at: number): boolean =>
    changes.some((from) => at >= from && at < from + SETTLING_SECONDS);
  const judged = timeline.filter(({ at }) => !maySettle(at));
  const completed = timeline.reduce((sum, second) => sum + usefulVisits(second), 0);
  return {
    perMinute: completed / (seconds / 60),
    kept: judged.filter(isKept).length / judged.length,
  };
}

/** Every half octave from 30 on, and then around the best. */
const COARSE = Array.from({ length: 27 }, (_, i) => Math.round(30 * 2 ** (i / 2)));
const FINE = [0.75, 0.8, 0.85, 0.9, 0.95, 1.05, 1.1, 1.15, 1.2, 1.25];

type LimitScore = { limit: number } & Score;

const best = (all: LimitScore[]): LimitScore => all.reduce((a, b) => (b.perMinute > a.perMinute ? b : a));

/** The fixed limit with the best score in this scenario. */
function bestFixedLimit(scenario: ModelScenario): LimitScore {
  const scoreLimit = (limit: number): LimitScore => ({
    limit,
    ...scorePolicy(scenario, fixedLimit(limit), 1),
  });
  const scores: LimitScore[] = [];
  for (const limit of COARSE) {
    scores.push(scoreLimit(limit));
    if ((scores.at(-1)?.perMinute ?? 0) < best(scores).perMinute / 2) break; // past the peak, and slow to simulate
  }
  const coarse = best(scores);
  return best([coarse, ...FINE.map((factor) => scoreLimit(Math.round(coarse.limit * factor)))]);
}

const scorePolicy = (scenario: ModelScenario, policy: Policy, seed: number): Score =>
  scoreOf(scenario, simulate(scenario, policy, seed));

/** The controller beside the best fixed limit, on the model. */
export interface ModelResult {
  scenario: ModelScenario;
  /** Of the seed 1. */
  timeline: Second[];
  /** Means over the seeds; `kept`: the worst. */
  auto: Score;
  best: LimitScore;
  /** `auto` / `best`, of each seed. */
  ratios: number[];
}

const SEEDS = [1, 2, 3];

export function scoreOnModel(scenario: ModelScenario): ModelResult {
  const timelines = SEEDS.map((seed) => simulate(scenario, adaptiveLimit(), seed));
  const scores = timelines.map((timeline) => scoreOf(scenario, timeline));
  const fixed = bestFixedLimit(scenario);
  return {
    scenario,
    timeline: timelines[0] ?? [],
    auto: {
      perMinute: scores.reduce((sum, { perMinute }) => sum + perMinute, 0) / scores.length,
      kept: Math.min(...scores.map(({ kept }) => kept)),
    },
    best: fixed,
    ratios: scores.map(({ perMinute }) => perMinute / fixed.perMinute),
  };
}

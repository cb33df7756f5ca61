import type { Shape } from './scenarios.ts';
import { type Door, fixedCap, type Second, simulateDoor } from './simulate.ts';

export const SLO_MS = 200;
/** As in the study: of the requests of those inside. */
const FAILED_MOST = 0.01;
/** After the start and each change the door may take so long to settle, seconds. */
const SETTLING = 10;

/** How well a door did. */
export interface Score {
  /** Visits completed in a minute, those in seconds that broke the objective left out. */
  perMinute: number;
  /** Share of the seconds that kept the objective, but for those in which it may settle. */
  kept: number;
}

const isKept = ({ p99Ms, failed, requests }: Second): boolean =>
  p99Ms < SLO_MS && failed <= FAILED_MOST * requests;

export function scoreOf(shape: Pick<Shape, 'seconds' | 'changes'>, course: Second[]): Score {
  const judged = course.filter(({ at }) => !shape.changes.some((from) => at >= from && at < from + SETTLING));
  const completed = course.filter(isKept).reduce((sum, second) => sum + second.completed, 0);
  return {
    perMinute: completed / (shape.seconds / 60),
    kept: judged.filter(isKept).length / judged.length,
  };
}

const scoreDoor = (shape: Shape, door: Door): Score => scoreOf(shape, simulateDoor(shape, door));

/** Every half octave from 30 on, and then around the best. */
const COARSE = Array.from({ length: 27 }, (_, i) => Math.round(30 * 2 ** (i / 2)));
const FINE = [0.75, 0.8, 0.85, 0.9, 0.95, 1.05, 1.1, 1.15, 1.2, 1.25];

/** The fixed cap with the best score, for this very shape. */
export function bestFixedCap(shape: Shape): { cap: number } & Score {
  const of = (cap: number): { cap: number } & Score => ({ cap, ...scoreDoor(shape, fixedCap(cap)) });
  const best = (all: ({ cap: number } & Score)[]): { cap: number } & Score =>
    all.reduce((a, b) => (b.perMinute > a.perMinute ? b : a));
  const tried: ({ cap: number } & Score)[] = [];
  for (const cap of COARSE) {
    tried.push(of(cap));
    if ((tried.at(-1)?.perMinute ?? 0) < best(tried).perMinute / 2) break; // past the peak, and slow to simulate
  }
  const coarse = best(tried);
  return best([coarse, ...FINE.map((factor) => of(Math.round(coarse.cap * factor)))]);
}

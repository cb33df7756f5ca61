import type { Series } from '../plots/series.ts';

/** How a sale went: sold so far, by seconds since its first request. */
export interface Course {
  points: Series['points'];
  isSoldOut: boolean;
  /** Most users who were active at once. */
  mostActive: number;
}

/** When that many were sold, seconds; undefined: fewer were. */
export const reaches = ({ points }: Course, sold: number): number | undefined =>
  points.find(([, value]) => value >= sold)?.[0];

/**
 * Between what a sale sells at its full rate: the first tenth comes with the first users, and at the end fewer are
 * admitted, and holds must lapse. That end begins when two seats are left for each active user.
 */
function fullRate(course: Course): { from: number; to: number } {
  const total = course.points.at(-1)?.[1] ?? 0;
  const last = course.isSoldOut ? Math.min(2 * course.mostActive, total / 2) : 0.1 * total;
  return { from: 0.1 * total, to: total - last };
}

/** Seats a second in the middle of the sale; undefined: too little was sold. */
export function rateOf(course: Course): number | undefined {
  const { from, to } = fullRate(course);
  const [begin, end] = [reaches(course, from), reaches(course, to)];
  return begin === undefined || end === undefined || end <= begin ? undefined : (to - from) / (end - begin);
}

import type { Presence } from '../snapshot/presence';

/** Entries behind the head whose positions are exact. */
export const EXACT_ENTRIES = 4096;
/** Beyond them, positions are known at points that lie this factor farther behind the head each. */
const POINT_FACTOR = 1.02;

/** Table from which a client computes the position of its seq; the same for every client, and small for any queue. */
export interface Ranks {
  /** A bit per entry from headSeq + 1 on, the most significant one of the first byte first: present or not. Base64. */
  exact: string;
  /** How many are present between one point and the next. */
  counts: number[];
}

/** Distances from the head: 4,096, then 2 % more each, the last one is `last`. The page has the same rule (web/buyer/waiting/position.ts). */
export function rankPoints(last: number): number[] {
  const points = [EXACT_ENTRIES];
  for (let point = EXACT_ENTRIES; point < last;) {
    point = Math.min(last, Math.ceil(point * POINT_FACTOR));
    points.push(point);
  }
  return points;
}

/** Ranks of the entries (headSeq, issued]. */
export function ranksOf(presence: Presence, headSeq: number, issued: number): Ranks {
  const behind = Math.max(0, issued - headSeq);
  const exact = presence.bitmapAfter(headSeq, Math.min(behind, EXACT_ENTRIES)).toString('base64');
  const points = rankPoints(behind);
  const counts = points.slice(1).map((point, i) => {
    const from = points[i] ?? 0;
    return presence.countBetween(headSeq + from, headSeq + point + 1);
  });
  return { exact, counts };
}

import { median } from '../../../lab/statistics/intervals.ts';

/** A second of the rehearsal; undefined: nothing was measured in it. */
export interface Second {
  active: number;
  waiting: number;
  limit: number;
  /** Of the slowest endpoint of active users. */
  p99Ms: number | undefined;
}

export interface Capacity {
  /** Active users at once. */
  users: number;
  /** More were not served within the objective, or were kept out by the limit; else the users did not suffice to know. */
  isLimit: boolean;
}

/** A moment's number of users is no capacity. */
const WINDOW_SECONDS = 5;
/** The limit is what keeps users out when this share of it is used. */
const BINDING = 0.9;

/** The most users who were active for some seconds on end within the objective. */
export function capacityOf(seconds: readonly Second[], targetMs: number): Capacity | undefined {
  let best: Capacity | undefined;
  let leastBreach = Infinity;
  for (let from = 0; from + WINDOW_SECONDS <= seconds.length; from++) {
    const window = seconds.slice(from, from + WINDOW_SECONDS);
    const p99s = window.flatMap(({ p99Ms }) => (p99Ms === undefined ? [] : [p99Ms]));
    const users = Math.min(...window.map(({ active }) => active));
    if (users === 0 || p99s.length === 0) continue;
    if (median(p99s) > targetMs) leastBreach = Math.min(leastBreach, users);
    else if (users > (best?.users ?? 0)) best = { users, isLimit: window.every(isBinding) };
  }
  return best && { ...best, isLimit: best.isLimit || (leastBreach >= best.users && leastBreach < Infinity) };
}

/** Users were kept out by the limit. */
export const isBinding = ({ active, waiting, limit }: Second): boolean =>
  waiting > 0 && active >= BINDING * limit;

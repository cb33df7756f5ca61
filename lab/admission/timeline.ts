import type { Sample } from '../../k6/runner/record/scrape.ts';
import type { Second } from './model/second.ts';

/** Requests as buyers saw them. */
export interface Timeline {
  seconds: Second[];
  /** Of all requests of active users. */
  p99Ms: number;
}

interface Asked {
  ms: number;
  failed: boolean;
}

/** What k6/lib/timeline.ts writes; other lines are k6's own. */
const LINE = /^timeline (\d+) (\w+)(?: ([\d.]+) (\d+))?$/;
/** A limit has settled within this share of its median. */
const SETTLED = 0.2;
/** A shorter stretch shows nothing. */
const SETTLED_SECONDS = 10;

/** By second: requests as buyers saw them, and the limits by the product's metrics. */
export function timelineOf(
  lines: string[],
  samples: (Sample & { atMs: number })[],
  startMs: number,
  length: number,
): Timeline {
  const buckets = Array.from({ length }, () => ({ asked: [] as Asked[], admitted: 0, completed: 0 }));
  for (const line of lines) {
    const [, at, what, ms, status] = LINE.exec(line) ?? [];
    const bucket = buckets[Math.floor((Number(at) - startMs) / 1000)];
    if (bucket === undefined) continue; // before or after the load, or a line of k6 itself
    if (what === 'admitted') bucket.admitted += 1;
    else if (what === 'visit') bucket.completed += 1;
    else bucket.asked.push({ ms: Number(ms), failed: Number(status) === 0 || Number(status) >= 500 });
  }
  const seconds = buckets.map(({ asked, admitted, completed }, at): Second => {
    const requests = asked.length;
    const failed = asked.filter((each) => each.failed).length;
    const limits = limitsOf(samples.findLast(({ atMs }) => atMs < startMs + (at + 1) * 1000)?.values ?? {});
    return { at, ...limits, p99Ms: p99Of(asked), requests, failed, admitted, completed };
  });
  return { seconds, p99Ms: p99Of(buckets.flatMap(({ asked }) => asked)) };
}

function p99Of(asked: Asked[]): number {
  const ascending = asked.map(({ ms }) => ms).sort((a, b) => a - b);
  return ascending[Math.ceil(ascending.length * 0.99) - 1] ?? 0;
}

/** Each process' metrics describe the whole queue. A limit without a rate has none to show. */
function limitsOf(
  values: Record<string, number>,
): Pick<Second, 'limit' | 'rate' | 'action' | 'waiting' | 'active'> {
  const find = (metric: string): number | undefined =>
    Object.entries(values).find(([key]) => key.startsWith(`${metric}{`))?.[1];
  const which = (metric: string, label: string): string => {
    const key = Object.keys(values).find((it) => it.startsWith(`${metric}{`) && values[it] === 1);
    return new RegExp(`${label}="([^"]*)"`).exec(key ?? '')?.[1] ?? '';
  };
  return {
    limit: find('concert_queue_active_limit') ?? NaN,
    rate: find('concert_queue_admission_rate_limit') ?? NaN,
    action: `${which('concert_queue_controller_action', 'action')}:${which('concert_queue_controller_bottleneck', 'signal')}`,
    waiting: find('concert_queue_waiting') ?? 0,
    active: find('concert_queue_active') ?? 0,
  };
}

/**
 * For the start and each change: seconds until the limit stays within a fifth of its median over the rest of that
 * stretch; undefined: it does not.
 */
export function settleSeconds(timeline: Second[], changes: number[]): (number | undefined)[] {
  return changes.map((from, i) => {
    const to = changes[i + 1] ?? Infinity;
    const limits = timeline.filter(({ at }) => at >= from && at < to).map(({ limit }) => limit);
    const last = limits.length - SETTLED_SECONDS;
    for (let at = 0; at <= last; at++) if (isSettled(limits.slice(at))) return at;
    return undefined;
  });
}

function isSettled(limits: number[]): boolean {
  const ascending = limits.toSorted((a, b) => a - b);
  const median = ascending[Math.floor(ascending.length / 2)] ?? NaN;
  return limits.every((limit) => Math.abs(limit - median) <= SETTLED * median);
}

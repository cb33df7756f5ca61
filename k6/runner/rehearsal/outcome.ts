import type { Findings } from '../checks/findings.ts';
import type { Series } from '../plots/series.ts';
import { gauge } from '../record/scrape.ts';
import { median } from '../../../lab/statistics/intervals.ts';
import type { RealSale } from './options.ts';

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

/** Result of a rehearsal. */
export interface Outcome {
  queueId: string;
  users: number;
  seats: number;
  targetMs: number;
  /** Of the slowest endpoint of active users. */
  p99Ms: number;
  failedShare: number;
  isKept: boolean;
  capacity: Capacity | null;
  sold: number;
  /** Seconds from the first request; null: it was not sold out. */
  soldOutAfterSeconds: number | null;
  /** Seats a second in the middle of the sale. */
  perSecond: number | null;
  real: (RealSale & { soldOutAfterSeconds: number | null }) | null;
}

/** As in the thresholds of all scenarios. */
const MAX_FAILED_SHARE = 0.01;
/** A moment's number of users is no capacity. */
const WINDOW_SECONDS = 5;
/** The limit is what keeps users out when this share of it is used. */
const BINDING = 0.9;
const ACTIVE_ENDPOINTS = ['schedule', 'seat', 'amount', 'charge', 'reserve', 'payment'];

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

const isBinding = ({ active, waiting, limit }: Second): boolean => waiting > 0 && active >= BINDING * limit;

/** How a sale went: sold so far, by seconds since its first request. */
export interface Course {
  points: Series['points'];
  isSoldOut: boolean;
  /** Most users who were active at once. */
  mostActive: number;
}

const reaches = ({ points }: Course, sold: number): number | undefined =>
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

/**
 * When the real sale is sold out: it begins and ends as this one did, and sells as fast in between. @returns seconds;
 * undefined: it is not, because these users do not buy that much, or too little was sold to tell
 */
export function predictSoldOut(
  course: Course,
  { seats, buyers }: RealSale,
  seatsPerUser: number,
): number | undefined {
  const rate = rateOf(course);
  const { from, to } = fullRate(course);
  const begin = reaches(course, from);
  if (rate === undefined || begin === undefined || buyers * seatsPerUser < seats) return undefined;
  const total = course.points.at(-1)?.[1] ?? 0;
  const end = course.isSoldOut ? (reaches(course, total) ?? 0) - (reaches(course, to) ?? 0) : 0;
  const last = course.isSoldOut ? total - to : 0;
  return begin + Math.max(0, seats - from - last) / rate + end;
}

/** The course of the sale as its buyers saw it. */
function courseOf({ recording }: Findings, seats: number, mostActive: number): Course {
  const first = recording.get('http_reqs', 'count')?.points.find(([, requests]) => requests > 0)?.[0] ?? 0;
  let sold = 0;
  const counted = recording.get('tickets_sold', 'count')?.points ?? [];
  const points = counted.map(([at, count]): [number, number] => [at - first, (sold += count)]);
  return { points, isSoldOut: sold >= seats, mostActive };
}

/** What the product and k6 saw, second by second of the product's samples. */
function secondsOf({ samples, recording, meta }: Findings, queue: string): Second[] {
  const laterBy = (recording.startedAt - Date.parse(meta.startedAt)) / 1000;
  const latencies = ACTIVE_ENDPOINTS.map(
    (endpoint) =>
      new Map(
        recording
          .get(`http_req_duration{endpoint:${endpoint}}`, 'p(99)')
          ?.points.map(([at, ms]) => [Math.round(at + laterBy), ms]),
      ),
  );
  const of = (metric: string, i: number): number =>
    gauge(samples.slice(i, i + 1), metric, '', { queue }).points[0]?.[1] ?? 0;
  return samples.map(({ at }, i) => {
    const known = latencies.flatMap((points) => points.get(Math.round(at)) ?? []);
    return {
      active: of('concert_queue_active', i),
      waiting: of('concert_queue_waiting', i),
      limit: of('concert_queue_active_limit', i),
      p99Ms: known.length === 0 ? undefined : Math.max(...known),
    };
  });
}

/** @param admitted users who were let in */
export function outcomeOf(
  findings: Findings,
  wanted: { queueId: string; users: number; seats: number; real: RealSale | null; targetMs: number },
): Outcome {
  const { queueId, users, seats, real, targetMs } = wanted;
  const { figures, endpoints } = findings;
  const active = endpoints.filter(({ endpoint }) => ACTIVE_ENDPOINTS.includes(endpoint));
  const p99Ms = Math.max(0, ...active.map(({ ms }) => ms.p99));
  const seconds = secondsOf(findings, queueId);
  const course = courseOf(findings, seats, Math.max(0, ...seconds.map(({ active: users }) => users)));
  const admitted = Math.max(1, Math.round((figures.admittedShare ?? 0) * users));
  const soldOut = course.isSoldOut ? reaches(course, seats) : undefined;
  const predicted = real && predictSoldOut(course, real, figures.sold / admitted);
  return {
    queueId,
    users,
    seats,
    targetMs,
    p99Ms,
    failedShare: figures.failedShare,
    isKept: p99Ms <= targetMs && figures.failedShare <= MAX_FAILED_SHARE && figures.sold > 0,
    capacity: capacityOf(seconds, targetMs) ?? null,
    sold: figures.sold,
    soldOutAfterSeconds: soldOut ?? null,
    perSecond: rateOf(course) ?? null,
    real: real ? { ...real, soldOutAfterSeconds: predicted ?? null } : null,
  };
}

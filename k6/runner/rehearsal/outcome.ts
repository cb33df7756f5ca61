import type { Findings } from '../checks/findings.ts';
import { gauge } from '../record/scrape.ts';
import { type Capacity, capacityOf, type Second } from './capacity.ts';
import { type Course, rateOf, reaches } from './course.ts';
import { type Forecast, forecastOf } from './forecast.ts';
import { expectedEnds, measuredOf } from './measured.ts';
import type { RealSale } from './options.ts';

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
  /** No forecast: that many buyers do not buy all seats, or too little was sold to tell. */
  real: (RealSale & { forecast: Forecast | null }) | null;
}

/** As in the thresholds of all scenarios. */
const MAX_FAILED_SHARE = 0.01;
const ACTIVE_ENDPOINTS = ['schedule', 'seat', 'amount', 'charge', 'reserve', 'payment'];

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

export function outcomeOf(
  findings: Findings,
  wanted: { queueId: string; users: number; seats: number; real: RealSale | null; targetMs: number },
): Outcome {
  const { queueId, users, seats, real, targetMs } = wanted;
  const { figures, endpoints } = findings;
  const active = endpoints.filter(({ endpoint }) => ACTIVE_ENDPOINTS.includes(endpoint));
  const p99Ms = Math.max(0, ...active.map(({ ms }) => ms.p99));
  const seconds = secondsOf(findings, queueId);
  const course = courseOf(
    findings,
    seats,
    seconds.reduce((most, { active: users }) => Math.max(most, users), 0),
  );
  const soldOut = course.isSoldOut ? reaches(course, seats) : undefined;
  const measured = measuredOf(findings, { queueId, users, seats, course, seconds });
  const ends = expectedEnds(findings.meta.variables);
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
    real: real && { ...real, forecast: (measured && forecastOf(measured, { ...real, ends })) ?? null },
  };
}

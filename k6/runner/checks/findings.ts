import { existsSync, readFileSync } from 'node:fs';
import type { Meta, Outage } from '../record/meta.ts';
import { RunFolder } from '../paths.ts';
import { Recording } from '../record/record.ts';
import { gauge, rate, type Sample } from '../record/scrape.ts';
import { median } from '../../../lab/statistics/intervals.ts';

/** One line of the table of endpoints. */
export interface EndpointFigures {
  endpoint: string;
  requests: number;
  perSecond: number;
  failedShare: number;
  ms: { avg: number; med: number; p90: number; p95: number; p99: number; max: number };
}

export interface Threshold {
  metric: string;
  condition: string;
  kept: boolean;
}

/** Course of an outage; seconds after its beginning, or after its end. */
export interface OutageFigures extends Outage {
  /** First sample with the breaker open, after the stop; undefined: it stayed closed. */
  openedAfter: number | undefined;
  /** The median second's p99, from a few seconds after the breaker opened until the store's return, ms. */
  fastP99Ms: number | undefined;
  /** First sample with all breakers closed, after the return. */
  recoveredAfter: number | undefined;
  /** First sale after the return. */
  soldAfter: number | undefined;
}

/** All that the report tells of a run. */
export interface Findings {
  meta: Meta;
  recording: Recording;
  samples: Sample[];
  endpoints: EndpointFigures[];
  thresholds: Threshold[];
  outages: OutageFigures[];
  figures: Figures;
}

/** Figures by which runs are compared. */
export interface Figures {
  requests: number;
  perSecond: number;
  failedShare: number;
  avgMs: number;
  medMs: number;
  p90Ms: number;
  p95Ms: number;
  p99Ms: number;
  maxMs: number;
  visits: number;
  admittedShare: number | undefined;
  /** Of those who were admitted. */
  foundNoSeatShare: number | undefined;
  /** Of those who were admitted: others had taken each seat that they wanted first. */
  gaveUpShare: number | undefined;
  stepsBack: number;
  conflicts: number;
  sold: number;
  dropped: number;
}

/** Makes k6 keep a separate series for an endpoint, without a limit. */
const ALWAYS_KEPT = 'max>=0';

interface Summary {
  metrics: Record<string, { values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> }>;
}

/** @throws Error when there is no such run */
export function readFindings(id: string): Findings {
  const folder = new RunFolder(id);
  if (!existsSync(folder.meta)) throw new Error(`There is no run ${id} in results/.`);
  const meta = JSON.parse(readFileSync(folder.meta, 'utf8')) as Meta;
  const { metrics } = JSON.parse(readFileSync(folder.summary, 'utf8')) as Summary;
  const recording = new Recording(folder.recording);
  const samples = existsSync(folder.server) ? readSamples(folder.server) : [];
  const value = (metric: string, of: string): number => metrics[metric]?.values[of] ?? 0;
  const ms = (of: string): number => value('http_req_duration', of);
  return {
    meta,
    recording,
    samples,
    endpoints: recording.valuesOf('http_reqs', 'endpoint').map((endpoint) => figuresOf(recording, endpoint)),
    thresholds: Object.entries(metrics).flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds)
        .filter(([condition]) => condition !== ALWAYS_KEPT)
        .map(([condition, { ok }]) => ({ metric, condition, kept: ok })),
    ),
    outages: meta.outages.map((outage) => throughOutage(outage, samples, recording)),
    figures: {
      requests: value('http_reqs', 'count'),
      perSecond: value('http_reqs', 'rate'),
      failedShare: value('http_req_failed', 'rate'),
      avgMs: ms('avg'),
      medMs: ms('med'),
      p90Ms: ms('p(90)'),
      p95Ms: ms('p(95)'),
      p99Ms: ms('p(99)'),
      maxMs: ms('max'),
      visits: value('visits', 'count'),
      admittedShare: metrics.queue_admitted?.values.rate,
      foundNoSeatShare: metrics.found_no_seat?.values.rate,
      gaveUpShare: metrics.gave_up?.values.rate,
      stepsBack: value('queue_position_back', 'count'),
      conflicts: value('seat_conflicts', 'count'),
      sold: value('tickets_sold', 'count'),
      dropped: value('dropped_iterations', 'count'),
    },
  };
}

const readSamples = (file: string): Sample[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Sample);

function figuresOf(recording: Recording, endpoint: string): EndpointFigures {
  const of = (metric: string, aggregate: Parameters<Recording['whole']>[1]): number =>
    recording.whole(`${metric}{endpoint:${endpoint}}`, aggregate) ?? 0;
  const ms = (aggregate: Parameters<Recording['whole']>[1]): number => of('http_req_duration', aggregate);
  return {
    endpoint,
    requests: of('http_reqs', 'count'),
    perSecond: of('http_reqs', 'rate'),
    failedShare: of('http_req_failed', 'rate'),
    ms: {
      avg: ms('avg'),
      med: ms('med'),
      p90: ms('p(90)'),
      p95: ms('p(95)'),
      p99: ms('p(99)'),
      max: ms('max'),
    },
  };
}

/** Requests that began before the breaker opened end within their time-out. */
const SETTLING_SECONDS = 3;

function throughOutage(outage: Outage, samples: Sample[], recording: Recording): OutageFigures {
  const { from, until } = outage;
  const closed = gauge(samples, 'concert_breaker_state', '', { state: 'closed' }).points;
  const all = closed.reduce((most, [, count]) => Math.max(most, count), 0);
  const opened = closed.find(([at, count]) => at >= from && at <= until && count < all);
  const recovered = closed.find(([at, count]) => at >= until && count === all);
  const sold = rate(samples, 'concert_ticket_sales_total', '').points.find(
    ([at, perSecond]) => at >= until && perSecond > 0,
  );
  const p99s = recording.get('http_req_duration', 'p(99)')?.points ?? [];
  const whileOpen =
    opened === undefined ? [] : p99s.filter(([at]) => at >= opened[0] + SETTLING_SECONDS && at <= until);
  return {
    ...outage,
    openedAfter: opened && opened[0] - from,
    fastP99Ms: whileOpen.length === 0 ? undefined : median(whileOpen.map(([, p99]) => p99)),
    recoveredAfter: recovered && recovered[0] - until,
    soldAfter: sold && sold[0] - until,
  };
}

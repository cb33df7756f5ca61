import { mergeSignals, quantileMs } from '../../waiting-room/admission/signals';
import { SIGNAL_SECONDS } from './reporter';
import type { ProcessReport } from './report';
import type { Fleet } from '../schema';

/** A report of this age is out of date. */
const FRESH_MS = 5000;
/** A process whose report has this age counts as dead. */
const GONE_MS = 30_000;
const MS_PER_SECOND = 1000;

export interface Fleets {
  fresh: ProcessReport[];
  gone: string[];
}

/** @param nowMs Redis' clock */
export function sortByAge(reports: ProcessReport[], nowMs: number): Fleets {
  return {
    fresh: reports.filter(({ atMs }) => Math.abs(nowMs - atMs) < FRESH_MS),
    gone: reports.filter(({ atMs }) => Math.abs(nowMs - atMs) > GONE_MS).map(({ id }) => id),
  };
}

/** All processes as one, and each of them. */
export function fleetOf(reports: ProcessReport[], nowMs: number, targetP99Ms: number): Omit<Fleet, 'ageMs'> {
  const signals = reports.flatMap((report) => (report.signals === null ? [] : [report.signals]));
  const merged = mergeSignals(signals);
  const perSecond = (count: number): number => round(count / SIGNAL_SECONDS);
  return {
    targetP99Ms,
    p99Ms: merged.requests === 0 ? null : round(quantileMs(merged, 0.99)),
    requestsPerSecond: perSecond(merged.requests),
    failedPerSecond: perSecond(merged.failed),
    shedPerSecond: round(sum(reports.map(({ shedPerSecond }) => shedPerSecond))),
    inFlight: merged.inFlight,
    poolBusy: round(merged.poolBusy),
    poolWaitMs: round(merged.poolWaitMs),
    loopDelayMs: round(merged.loopDelayMs),
    breakers: breakersOf(reports),
    ...largestOf(reports, nowMs),
    processes: [...reports]
      .sort((a, b) => a.id.localeCompare(b.id))
      .map(({ id, role, atMs, startedAtMs, breakers, pool, shedPerSecond, signals: own }) => ({
        id,
        role,
        ageMs: Math.max(0, Math.round(nowMs - atMs)),
        breakers,
        pool,
        upSeconds: Math.round(Math.max(0, atMs - startedAtMs) / MS_PER_SECOND),
        shedPerSecond: round(shedPerSecond),
        p99Ms: own === null || own.requests === 0 ? null : round(quantileMs(own, 0.99)),
        requestsPerSecond: own === null ? null : perSecond(own.requests),
        loopDelayMs: own === null ? null : round(own.loopDelayMs),
      })),
  };
}

/** Of several workers one delivers and one checks: the others have nothing, or 0. */
function largestOf(reports: ProcessReport[], nowMs: number): Pick<Fleet, 'outbox' | 'invariants'> {
  const outboxes = reports.flatMap(({ outbox }) => (outbox === null ? [] : [outbox]));
  const checks = reports.flatMap(({ invariants }) => (invariants === null ? [] : [invariants]));
  const latest = checks.sort((a, b) => b.checkedAtMs - a.checkedAtMs)[0];
  const broken = Object.entries(latest?.broken ?? {}).filter(([, count]) => count > 0);
  return {
    outbox: outboxes.sort((a, b) => b.backlog - a.backlog)[0] ?? null,
    invariants:
      latest === undefined
        ? null
        : {
            broken: broken.map(([invariant, count]) => ({ invariant, count })),
            checkedSecondsAgo: Math.max(0, Math.round((nowMs - latest.checkedAtMs) / MS_PER_SECOND)),
          },
  };
}

function breakersOf(reports: ProcessReport[]): Fleet['breakers'] {
  return ['queueService', 'concertService'].map((name) => {
    const inState = (state: string): number =>
      reports.filter(({ breakers }) => breakers[name] === state).length;
    return { name, closed: inState('closed'), halfOpen: inState('half_open'), open: inState('open') };
  });
}

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const round = (value: number): number => Math.round(value * 100) / 100;

import type { Findings, OutageFigures } from '../checks/findings.ts';
import { LOADED_MS } from '../plots/plots.ts';
import type { Section } from './page.ts';

/** Demands on a run with outages: breakers open quickly, answers stay fast, and service returns. */
export interface OutageDemand {
  demand: string;
  measured: string;
  isMet: boolean;
}

/** The breaker needs failures to judge by, each of which takes a time-out of up to 2 s. */
const OPENS_WITHIN_SECONDS = 10;
const RECOVERS_WITHIN_SECONDS = 10;

const seconds = (value: number | undefined): string =>
  value === undefined ? 'never' : `${value.toFixed(1)} s`;
const isWithin = (value: number | undefined, most: number): boolean => value !== undefined && value <= most;

export const demandsOf = ({ outages, meta, figures }: Findings): OutageDemand[] => [
  ...outages.flatMap(demandsOfOne),
  {
    demand: 'no seat is sold twice, and money and tickets agree',
    measured:
      meta.invariants === undefined
        ? 'not looked at'
        : `${meta.invariants.findings.length} invariants violated`,
    isMet: meta.invariants?.ok === true,
  },
  { demand: 'tickets are sold', measured: `${figures.sold} sold`, isMet: figures.sold > 0 },
];

function demandsOfOne({
  service,
  openedAfter,
  fastP99Ms,
  recoveredAfter,
  soldAfter,
}: OutageFigures): OutageDemand[] {
  return [
    {
      demand: `${service}: a breaker opens within ${OPENS_WITHIN_SECONDS} s`,
      measured: seconds(openedAfter),
      isMet: isWithin(openedAfter, OPENS_WITHIN_SECONDS),
    },
    {
      demand: `${service}: while it is open, p99 of all answers, refusals included, is at most ${LOADED_MS} ms`,
      measured: fastP99Ms === undefined ? 'nothing measured' : `${fastP99Ms.toFixed(0)} ms`,
      isMet: isWithin(fastP99Ms, LOADED_MS),
    },
    {
      demand: `${service}: all breakers are closed within ${RECOVERS_WITHIN_SECONDS} s of its return`,
      measured: seconds(recoveredAfter),
      isMet: isWithin(recoveredAfter, RECOVERS_WITHIN_SECONDS),
    },
    {
      demand: `${service}: tickets are sold again after its return`,
      measured: seconds(soldAfter),
      isMet: soldAfter !== undefined,
    },
  ];
}

export const isMet = (run: Findings): boolean => demandsOf(run).every((demand) => demand.isMet);

export function outageVerdict(demands: OutageDemand[]): string {
  const missed = demands.filter((demand) => !demand.isMet);
  return missed.length === 0
    ? 'all demands on outages met'
    : `${missed.length} of ${demands.length} demands on outages MISSED`;
}

export const outageSection = (run: Findings): Section => ({
  title: 'Outages',
  note: `By samples taken once a second. ${run.outages
    .map(
      ({ service, from, until }) =>
        `${service} was stopped at ${seconds(from)} for ${seconds(until - from)}.`,
    )
    .join(' ')}`,
  table: {
    head: ['demand', 'measured', ''],
    rows: demandsOf(run).map(({ demand, measured, isMet: met }) => [
      demand,
      measured,
      met ? 'met' : 'MISSED',
    ]),
  },
});

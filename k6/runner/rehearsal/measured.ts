import type { Findings } from '../checks/findings.ts';
import { gauge } from '../record/scrape.ts';
import { median } from '../../../lab/statistics/intervals.ts';
import type { Measured } from './forecast.ts';
import { isBinding, type Second } from './capacity.ts';
import { type Course, reaches } from './course.ts';
import type { VisitEnds } from './sale-model.ts';

/** Share of the sale by which the pace is measured: when the last seats are sold is chance. */
const SHARE = 0.75;
/** Fewer sales say nothing. */
const LEAST_SOLD = 10;
/** A controller that could raise the limit would have done so within this time. */
const PINNED_SECONDS = 20;
/** The controller does not count a user who has been silent for this long. */
const COUNTED_SECONDS = 10;
/** An active user who has been silent for this long does not count as a buyer (admission-store.ts). */
const GONE_SECONDS = 20;
/** Default of QUEUE_IDLE_TIMEOUT_SECONDS. */
const DEFAULT_IDLE_SECONDS = 120;

/** Ends of visits by the variable of the test users, who leave before they choose as often as with a hold. */
export function expectedEnds(variables: Record<string, string>): VisitEnds {
  const left = Number(variables.ABANDON_SHARE) / 2;
  return { paid: 1 - 2 * left, lapsed: left, left };
}

/** What a rehearsal has shown of its visits; undefined: too little was sold to tell. */
export function measuredOf(
  { recording, samples, figures }: Findings,
  of: { queueId: string; users: number; seats: number; course: Course; seconds: readonly Second[] },
): Measured | undefined {
  const { queueId, users, seats, course, seconds } = of;
  const [choose, pay, hold] = ['choose_time', 'pay_time', 'hold_time'].map((metric) =>
    recording.whole(metric, 'avg'),
  );
  const { sold } = figures;
  const share = (SHARE * Math.min(sold, seats)) / seats;
  const shareSeconds = reaches(course, Math.ceil(share * seats));
  if (sold < LEAST_SOLD || choose === undefined || pay === undefined || hold === undefined) return undefined;
  if (shareSeconds === undefined) return undefined;
  const holds = Math.max(sold, recording.whole('holds', 'count') ?? 0);
  const admitted = Math.max(holds, Math.round((figures.admittedShare ?? 0) * users));
  const inForce = limitIn(seconds);
  const isFixed = inForce.isPinned || !isSetByController(samples, queueId);
  const idleSeconds = Number(process.env.QUEUE_IDLE_TIMEOUT_SECONDS ?? DEFAULT_IDLE_SECONDS) || Infinity;
  return {
    crowd: { seats, buyers: users },
    share,
    shareSeconds,
    model: {
      ends: { paid: sold, lapsed: holds - sold, left: admitted - holds },
      chooseSeconds: choose / 1000,
      paySeconds: pay / 1000,
      holdSeconds: hold / 1000,
      limit: inForce.limit,
      leftSeconds: isFixed ? idleSeconds : COUNTED_SECONDS,
      lapsedSeconds: isFixed ? hold / 1000 : Math.min(COUNTED_SECONDS, hold / 1000),
      goneSeconds: Math.min(GONE_SECONDS, idleSeconds),
    },
  };
}

/** The limit while it kept users out; if it never did, the one that was there. */
function limitIn(seconds: readonly Second[]): { limit: number; isPinned: boolean } {
  const binding = seconds.filter(isBinding).map(({ limit }) => limit);
  const limits =
    binding.length > 0 ? binding : seconds.map(({ limit }) => limit).filter((limit) => limit > 0);
  const isPinned = binding.length >= PINNED_SECONDS && binding.every((limit) => limit === binding[0]);
  return { limit: limits.length > 0 ? median(limits) : Infinity, isPinned };
}

const isSetByController = (samples: Findings['samples'], queue: string): boolean =>
  gauge(samples, 'concert_queue_limit_source', '', { queue, source: 'auto' }).points.some(
    ([, isSource]) => isSource === 1,
  );

import { type Costs, pollMicros } from './costs.ts';
import { Agenda } from './heap.ts';
import { dice } from './random.ts';
import { etaSeconds, jittered, pollAfterMs } from './rule.ts';

/** A ticket opening. */
export interface Opening {
  visitors: number;
  /** Over which they come, evenly. */
  arriveSeconds: number;
  /** Most inside at once. */
  cap: number;
  /** Cores of the API in all. */
  cores: number;
  /** Mean of each of the three pauses of a visit, exponential. */
  thinkSeconds: number;
  /** Share that leaves without a word: half at once, half with a seat on hold. */
  abandon: number;
  idleSeconds: number;
  holdSeconds: number;
  leaseSeconds: number;
  maxPollsPerSecond: number;
  awaySeconds: number;
}

/** One second of it. */
export interface Second {
  at: number;
  waiting: number;
  inside: number;
  polls: number;
  issues: number;
  sales: number;
  /** Cores that the API had work for. */
  cores: number;
  /** Longest time that an answer took, ms. */
  answerMs: number;
}

export interface Course {
  seconds: Second[];
  polls: number;
  sold: number;
  /** Until the last one is inside. */
  drainedAfter: number;
  /** Seconds from the request for a token to the poll that says PROGRESS. */
  wait: { p50: number; p95: number };
}

/** So many together as one: a million visitors are not a million objects. */
interface Group {
  size: number;
  arrivedAt: number;
  /** How many are before it, itself excluded, of all that ever came. */
  before: number;
  admitted: boolean;
}

type Happening =
  | {
      kind: 'arrive' | 'line up' | 'poll' | 'look' | 'hold' | 'pay' | 'leave';
      group: Group;
      leaves?: boolean;
    }
  | { kind: 'tick' };

const TICK_SECONDS = 0.1;
const RATE_SECONDS = 30;
/** At most so many groups, and never so large that a few of them fill the house. */
const MOST_GROUPS = 5000;
const LEAST_GROUPS_INSIDE = 20;
const LONGEST_SECONDS = 7 * 86_400;

/**
 * A discrete-event simulation: visitors come, line up, poll by the product's rule, are let in by the tick in the order
 * of arrival, look around, hold, pay and go, or stay away without a word. The API is one queue before `cores` servers.
 */
export function simulate(opening: Opening, costs: Costs, seed = 1): Course {
  const random = dice(seed);
  const think = (): number => -Math.log(1 - random()) * opening.thinkSeconds;
  const size = Math.max(
    1,
    Math.floor(Math.min(opening.visitors / MOST_GROUPS, opening.cap / LEAST_GROUPS_INSIDE)),
  );
  const polling = { maxPerSecond: opening.maxPollsPerSecond, presenceTimeoutMs: opening.awaySeconds * 1000 };
  const agenda = new Agenda<Happening>();
  const line: Group[] = [];
  const admissions: { at: number; size: number }[] = [];
  const course: Course = { seconds: [], polls: 0, sold: 0, drainedAfter: 0, wait: { p50: 0, p95: 0 } };
  const waits: number[] = [];
  let [first, lined, served, inside, freeAt] = [0, 0, 0, 0, 0];

  const second = (at: number): Second => {
    const index = Math.floor(at);
    for (let i = course.seconds.length; i <= index; i++)
      course.seconds.push({
        at: i,
        waiting: lined - served,
        inside,
        polls: 0,
        issues: 0,
        sales: 0,
        cores: 0,
        answerMs: 0,
      });
    return course.seconds[index] as Second;
  };
  /** Work for so many at once. @returns when the last of them has its answer */
  const work = (at: number, count: number, micros: number): number => {
    const seconds = (count * micros) / 1e6;
    freeAt = Math.max(freeAt, at) + seconds / opening.cores;
    const now = second(at);
    now.cores += seconds;
    now.answerMs = Math.max(now.answerMs, (freeAt - at) * 1000);
    return freeAt;
  };
  const perSecond = (at: number): number => {
    while (admissions[0] !== undefined && admissions[0].at < at - RATE_SECONDS) admissions.shift();
    return admissions.reduce((sum, each) => sum + each.size, 0) / Math.min(RATE_SECONDS, Math.max(at, 1));
  };

  for (let come = 0; come < opening.visitors; come += size) {
    const group = { size: Math.min(size, opening.visitors - come), arrivedAt: 0, before: 0, admitted: false };
    agenda.put((come / opening.visitors) * opening.arriveSeconds, { kind: 'arrive', group });
  }
  agenda.put(0, { kind: 'tick' });

  const happen = (at: number, what: Happening): void => {
    if (what.kind === 'tick') {
      for (; first < line.length; first++) {
        const group = line[first];
        if (group === undefined || inside + group.size > opening.cap) break;
        group.admitted = true;
        inside += group.size;
        served += group.size;
        admissions.push({ at, size: group.size });
        course.drainedAfter = at;
      }
      if (served < opening.visitors) agenda.put(at + TICK_SECONDS, { kind: 'tick' });
      return;
    }
    const { group } = what;
    if (what.kind === 'arrive') {
      group.arrivedAt = at;
      second(at).issues += group.size;
      agenda.put(work(at, group.size, costs.api.issue), { kind: 'line up', group });
    } else if (what.kind === 'line up') {
      group.before = lined;
      lined += group.size;
      line.push(group);
      agenda.put(at, { kind: 'poll', group });
    } else if (what.kind === 'poll') {
      course.polls += group.size;
      second(at).polls += group.size;
      const told = work(at, group.size, pollMicros(costs, lined - served));
      if (group.admitted) {
        waits.push(told - group.arrivedAt);
        const leaves = random() < opening.abandon;
        if (leaves && random() < 0.5)
          agenda.put(told + think() + opening.idleSeconds, { kind: 'leave', group });
        else agenda.put(told + think(), { kind: 'look', group, leaves });
        return;
      }
      const position = group.before - served + 1;
      const rate = perSecond(at);
      const { cap, leaseSeconds } = opening;
      const limits = { activeLimit: cap, rateLimit: undefined, paused: false, source: 'fixed' as const };
      const flow = { limits, active: inside, perSecond: rate, sessionSeconds: leaseSeconds };
      const { soonestSeconds } = etaSeconds(position, flow);
      const pauseMs = jittered(pollAfterMs(position, lined - served, soonestSeconds, polling), random());
      agenda.put(told + pauseMs / 1000, { kind: 'poll', group });
    } else visit(at, what);
  };

  /** What somebody inside does, one thing after another. */
  const visit = (at: number, { kind, group, leaves = false }: Exclude<Happening, { kind: 'tick' }>): void => {
    if (kind === 'look') {
      work(at, group.size, costs.api.schedule + costs.api.seat);
      agenda.put(at + think(), { kind: 'hold', group, leaves });
    } else if (kind === 'hold') {
      work(at, group.size, costs.api.hold);
      if (leaves) agenda.put(at + opening.holdSeconds + opening.idleSeconds, { kind: 'leave', group });
      else agenda.put(at + think(), { kind: 'pay', group });
    } else if (kind === 'pay') {
      const paid = work(at, group.size, costs.api.payment);
      second(at).sales += group.size;
      course.sold += group.size;
      agenda.put(paid, { kind: 'leave', group });
    } else inside -= group.size;
  };

  for (let next = agenda.next(); next !== undefined && next.at < LONGEST_SECONDS; next = agenda.next())
    happen(next.at, next.what);
  waits.sort((a, b) => a - b);
  const part = (share: number): number => waits[Math.floor(waits.length * share)] ?? 0;
  course.wait = { p50: part(0.5), p95: part(0.95) };
  return course;
}

import { type Costs, pollMicros } from './costs.ts';
import { Agenda } from './heap.ts';
import { dice } from './random.ts';
import { etaSeconds, jittered, pollAfterMs } from './rule.ts';

/** A ticket onSale. */
export interface OnSale {
  users: number;
  /** They arrive evenly over this time. */
  arriveSeconds: number;
  /** Most active users at once. */
  limit: number;
  /** Cores of the API in all. */
  cores: number;
  /** Mean of each of the three pauses of a visit, exponential. */
  thinkSeconds: number;
  /** Share that leaves silently: half at once, half with a seat on hold. */
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
  active: number;
  polls: number;
  issues: number;
  sales: number;
  /** Cores that the API had work for. */
  cores: number;
  /** Longest time that a response took, ms. */
  responseMs: number;
}

export interface Timeline {
  seconds: Second[];
  polls: number;
  sold: number;
  /** Seconds until the last user is active. */
  drainedAfter: number;
  /** Seconds from the request for a token to the poll that says PROGRESS. */
  wait: { p50: number; p95: number };
}

/** Users simulated together as one: a million users are not a million objects. */
interface Group {
  size: number;
  arrivedAt: number;
  /** How many users are before it, of all that have arrived. */
  before: number;
  admitted: boolean;
}

type Happening =
  | {
      kind: 'arrive' | 'get token' | 'poll' | 'look' | 'hold' | 'pay' | 'leave';
      group: Group;
      leaves?: boolean;
    }
  | { kind: 'tick' };

const TICK_SECONDS = 0.1;
const RATE_SECONDS = 30;
/** The number of groups, and the least number of them that fills the limit. */
const MAX_GROUPS = 5000;
const LEAST_ACTIVE_GROUPS = 20;
const LONGEST_SECONDS = 7 * 86_400;

/**
 * A discrete-event simulation: users arrive, get a token, poll by the product's rule, are admitted by the tick in the
 * order of arrival, look, hold, pay and leave, or leave silently. The API is one queue before `cores` servers.
 */
export function simulate(onSale: OnSale, costs: Costs, seed = 1): Timeline {
  const random = dice(seed);
  const think = (): number => -Math.log(1 - random()) * onSale.thinkSeconds;
  const size = Math.max(
    1,
    Math.floor(Math.min(onSale.users / MAX_GROUPS, onSale.limit / LEAST_ACTIVE_GROUPS)),
  );
  const polling = { maxPerSecond: onSale.maxPollsPerSecond, presenceTimeoutMs: onSale.awaySeconds * 1000 };
  const agenda = new Agenda<Happening>();
  const line: Group[] = [];
  const admissions: { at: number; size: number }[] = [];
  const timeline: Timeline = { seconds: [], polls: 0, sold: 0, drainedAfter: 0, wait: { p50: 0, p95: 0 } };
  const waits: number[] = [];
  let [first, queued, served, active, freeAt] = [0, 0, 0, 0, 0];

  const second = (at: number): Second => {
    const index = Math.floor(at);
    for (let i = timeline.seconds.length; i <= index; i++)
      timeline.seconds.push({
        at: i,
        waiting: queued - served,
        active,
        polls: 0,
        issues: 0,
        sales: 0,
        cores: 0,
        responseMs: 0,
      });
    return timeline.seconds[index] as Second;
  };
  /** Work for a group at once. @returns when the last of them has its answer */
  const work = (at: number, count: number, micros: number): number => {
    const seconds = (count * micros) / 1e6;
    freeAt = Math.max(freeAt, at) + seconds / onSale.cores;
    const now = second(at);
    now.cores += seconds;
    now.responseMs = Math.max(now.responseMs, (freeAt - at) * 1000);
    return freeAt;
  };
  const perSecond = (at: number): number => {
    while (admissions[0] !== undefined && admissions[0].at < at - RATE_SECONDS) admissions.shift();
    return admissions.reduce((sum, each) => sum + each.size, 0) / Math.min(RATE_SECONDS, Math.max(at, 1));
  };

  for (let come = 0; come < onSale.users; come += size) {
    const group = { size: Math.min(size, onSale.users - come), arrivedAt: 0, before: 0, admitted: false };
    agenda.put((come / onSale.users) * onSale.arriveSeconds, { kind: 'arrive', group });
  }
  agenda.put(0, { kind: 'tick' });

  const happen = (at: number, what: Happening): void => {
    if (what.kind === 'tick') {
      for (; first < line.length; first++) {
        const group = line[first];
        if (group === undefined || active + group.size > onSale.limit) break;
        group.admitted = true;
        active += group.size;
        served += group.size;
        admissions.push({ at, size: group.size });
        timeline.drainedAfter = at;
      }
      if (served < onSale.users) agenda.put(at + TICK_SECONDS, { kind: 'tick' });
      return;
    }
    const { group } = what;
    if (what.kind === 'arrive') {
      group.arrivedAt = at;
      second(at).issues += group.size;
      agenda.put(work(at, group.size, costs.api.issue), { kind: 'get token', group });
    } else if (what.kind === 'get token') {
      group.before = queued;
      queued += group.size;
      line.push(group);
      agenda.put(at, { kind: 'poll', group });
    } else if (what.kind === 'poll') {
      timeline.polls += group.size;
      second(at).polls += group.size;
      const answeredAt = work(at, group.size, pollMicros(costs, queued - served));
      if (group.admitted) {
        waits.push(answeredAt - group.arrivedAt);
        const leaves = random() < onSale.abandon;
        if (leaves && random() < 0.5)
          agenda.put(answeredAt + think() + onSale.idleSeconds, { kind: 'leave', group });
        else agenda.put(answeredAt + think(), { kind: 'look', group, leaves });
        return;
      }
      const position = group.before - served + 1;
      const rate = perSecond(at);
      const { limit, leaseSeconds } = onSale;
      const limits = { activeLimit: limit, rateLimit: undefined, paused: false, source: 'fixed' as const };
      const flow = { limits, active, perSecond: rate, sessionSeconds: leaseSeconds };
      const { soonestSeconds } = etaSeconds(position, flow);
      const pauseMs = jittered(pollAfterMs(position, queued - served, soonestSeconds, polling), random());
      agenda.put(answeredAt + pauseMs / 1000, { kind: 'poll', group });
    } else visit(at, what);
  };

  /** The steps of an active user. */
  const visit = (at: number, { kind, group, leaves = false }: Exclude<Happening, { kind: 'tick' }>): void => {
    if (kind === 'look') {
      work(at, group.size, costs.api.schedule + costs.api.seat);
      agenda.put(at + think(), { kind: 'hold', group, leaves });
    } else if (kind === 'hold') {
      work(at, group.size, costs.api.hold);
      if (leaves) agenda.put(at + onSale.holdSeconds + onSale.idleSeconds, { kind: 'leave', group });
      else agenda.put(at + think(), { kind: 'pay', group });
    } else if (kind === 'pay') {
      const paid = work(at, group.size, costs.api.payment);
      second(at).sales += group.size;
      timeline.sold += group.size;
      agenda.put(paid, { kind: 'leave', group });
    } else active -= group.size;
  };

  for (let next = agenda.next(); next !== undefined && next.at < LONGEST_SECONDS; next = agenda.next())
    happen(next.at, next.what);
  waits.sort((a, b) => a - b);
  const part = (share: number): number => waits[Math.floor(waits.length * share)] ?? 0;
  timeline.wait = { p50: part(0.5), p95: part(0.95) };
  return timeline;
}

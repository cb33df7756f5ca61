import type { Costs } from './costs.ts';
import { jittered, pollAfterMs } from './rule.ts';

/** What is asked of an installation. */
export interface Demand {
  waiting: number;
  /** Over which they come. */
  arriveSeconds: number;
  salesPerSecond: number;
  maxPollsPerSecond: number;
  awaySeconds: number;
}

/** What it takes. Cores are those of the machine that the costs were measured on. */
export interface Needs {
  issuesPerSecond: number;
  pollsPerSecond: number;
  /** While they come, and afterwards. */
  apiCores: { opening: number; steady: number };
  redisCores: { opening: number; steady: number };
  redisMb: number;
  processMb: number;
  mariadbCores: number;
  eventsPerSecond: number;
  /** Of the polls, both ways. */
  megabitsPerSecond: number;
  hoursToServe: number;
}

/** Headers and body of a poll and of its answer, with a token of the usual length. */
const POLL_BYTES = 430 + 520;
const EVENTS_PER_SALE = 2;
const SAMPLES = 10_000;

export function needsOf(demand: Demand, costs: Costs): Needs {
  const { waiting, salesPerSecond } = demand;
  const issuesPerSecond = waiting / demand.arriveSeconds;
  const pollsPerSecond = pollRate(demand);
  const perSale = costs.api.schedule + costs.api.seat + costs.api.hold + costs.api.payment;
  const steady = (pollsPerSecond * costs.api.poll + salesPerSecond * perSale) / 1e6;
  const redisSteady = (salesPerSecond * (costs.redis.hold + costs.redis.payment)) / 1e6;
  return {
    issuesPerSecond,
    pollsPerSecond,
    apiCores: { opening: (issuesPerSecond * costs.api.issue) / 1e6 + steady, steady },
    redisCores: { opening: (issuesPerSecond * costs.redis.issue) / 1e6 + redisSteady, steady: redisSteady },
    redisMb: (waiting * costs.bytes.redis) / 1e6,
    processMb: (waiting * costs.bytes.process) / 1e6,
    mariadbCores: (salesPerSecond * (costs.mariadb.hold + costs.mariadb.payment)) / 1e6,
    eventsPerSecond: salesPerSecond * EVENTS_PER_SALE,
    megabitsPerSecond: (pollsPerSecond * POLL_BYTES * 8) / 1e6,
    hoursToServe: waiting / salesPerSecond / 3600,
  };
}

/** Polls a second of a whole line, by the product's own rule for each place in it. */
function pollRate({ waiting, salesPerSecond, maxPollsPerSecond, awaySeconds }: Demand): number {
  const options = { maxPerSecond: maxPollsPerSecond, awayMs: awaySeconds * 1000 };
  const step = Math.max(1, Math.floor(waiting / SAMPLES));
  let rate = 0;
  for (let position = 1; position <= waiting; position += step) {
    const count = Math.min(step, waiting - position + 1);
    const meantMs = pollAfterMs(position, waiting, Math.ceil(position / salesPerSecond), options);
    rate += (count * 1000) / jittered(meantMs, 0.5);
  }
  return rate;
}

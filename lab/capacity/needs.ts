import { type Costs, pollMicros } from './costs.ts';
import { jittered, pollAfterMs, SEGMENT } from './rule.ts';

/** Demand on an installation. */
export interface Demand {
  waiting: number;
  /** Over which they come. */
  arriveSeconds: number;
  salesPerSecond: number;
  maxPollsPerSecond: number;
  awaySeconds: number;
}

/** While they come, and afterwards. */
interface Phases {
  opening: number;
  steady: number;
}

/** Resources that a demand needs. Cores are those of the machine that the costs were measured on. */
export interface Needs {
  issuesPerSecond: number;
  pollsPerSecond: number;
  apiCores: Phases;
  /** Of one process and one core each, without a reserve. */
  pods: Phases;
  redisCores: Phases;
  /** Nodes of a Cluster, each with its own queue, because a queue's scripts run on one core. */
  redisNodes: Phases;
  redisMb: number;
  processMb: number;
  mariadbCores: number;
  eventsPerSecond: number;
  /** Megabits a second. */
  network: {
    /** Both ways. */
    polls: number;
    /** From Redis to all processes, at most. */
    snapshots: number;
  };
  hoursToServe: number;
}

/** Headers and body of a poll and of its answer, with a token of the usual length. */
const POLL_BYTES = 430 + 520;
const EVENTS_PER_SALE = 2;
const SAMPLES = 10_000;
/** Refreshes of a snapshot in a second (QUEUE_SNAPSHOT_INTERVAL_MS); presence is reported once a second. */
const LOOKS_PER_SECOND = 4;

export function needsOf(demand: Demand, costs: Costs): Needs {
  const { waiting, salesPerSecond } = demand;
  const issuesPerSecond = waiting / demand.arriveSeconds;
  const polls = pollRates(demand);
  const pollsPerSecond = sum(polls);
  const perSale = costs.api.schedule + costs.api.seat + costs.api.hold + costs.api.payment;
  const apiCores = phases(
    (pollsPerSecond * pollMicros(costs, waiting) + salesPerSecond * perSale) / 1e6,
    (issuesPerSecond * costs.api.issue) / 1e6,
  );
  const pods = each(apiCores, Math.ceil);
  const sales = (salesPerSecond * (costs.redis.hold + costs.redis.payment)) / 1e6;
  const issues = (issuesPerSecond * costs.redis.issue) / 1e6;
  const ofCopies = each(pods, (count) => (count * costs.redis.process) / 1e6);
  return {
    issuesPerSecond,
    pollsPerSecond,
    apiCores,
    pods,
    redisCores: { opening: issues + sales + ofCopies.opening, steady: sales + ofCopies.steady },
    // The crowd can be shared out; each process has a copy of every line.
    redisNodes: {
      opening: Math.ceil((issues + sales) / (1 - ofCopies.opening)),
      steady: Math.ceil(sales / (1 - ofCopies.steady)),
    },
    redisMb: (waiting * costs.bytes.redis) / 1e6,
    processMb: (waiting * costs.bytes.process) / 1e6,
    mariadbCores: (salesPerSecond * (costs.mariadb.hold + costs.mariadb.payment)) / 1e6,
    eventsPerSecond: salesPerSecond * EVENTS_PER_SALE,
    network: {
      polls: (pollsPerSecond * POLL_BYTES * 8) / 1e6,
      snapshots: pods.opening * copyMegabits(polls, pods.opening),
    },
    hoursToServe: waiting / salesPerSecond / 3600,
  };
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
const phases = (steady: number, more: number): Phases => ({ opening: steady + more, steady });
const each = ({ opening, steady }: Phases, of: (number: number) => number): Phases => ({
  opening: of(opening),
  steady: of(steady),
});

/** Polls a second of a whole queue, by segment of presence, by the product's own rule for each position. */
function pollRates({ waiting, salesPerSecond, maxPollsPerSecond, awaySeconds }: Demand): number[] {
  const options = { maxPerSecond: maxPollsPerSecond, presenceTimeoutMs: awaySeconds * 1000 };
  const step = Math.max(1, Math.floor(waiting / SAMPLES));
  const rates = Array.from({ length: Math.ceil((waiting + 1) / SEGMENT) }, () => 0);
  for (let position = 1; position <= waiting; position += step) {
    const count = Math.min(step, waiting - position + 1);
    const meantMs = pollAfterMs(position, waiting, position / salesPerSecond, options);
    const segment = Math.floor(position / SEGMENT);
    rates[segment] = (rates[segment] ?? 0) + (count * 1000) / jittered(meantMs, 0.5);
  }
  return rates;
}

/** Data that one snapshot fetches: every segment with a change, as a whole (src/modules/waiting-room/state/lua/snapshot-4.lua). */
function copyMegabits(polls: number[], processes: number): number {
  const atMost = Math.min(LOOKS_PER_SECOND, processes);
  return (sum(polls.map((rate) => Math.min(rate, atMost))) * SEGMENT) / 1e6;
}

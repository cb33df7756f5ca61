// npm run lab -- capacity: what an on-sale of a given size needs, from measured costs. scripts/lab/capacity.js starts it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFindings } from '../../k6/runner/checks/findings.ts';
import { drawPlot } from '../../k6/runner/plots/plot.ts';
import { markdownTable } from '../../k6/runner/report/page.ts';
import type { Plot } from '../../k6/runner/plots/series.ts';
import { readCosts } from './costs.ts';
import { needsOf } from './needs.ts';
import { readArguments, USAGE } from './options.ts';
import { type Timeline, type OnSale, simulate } from './model.ts';

const root = process.cwd();
const SIZES = [100_000, 1_000_000, 10_000_000];
/** Two topics of three each (src/platform/kafka/topics.ts). */
const PARTITIONS = 6;
const USUAL = { maxPollsPerSecond: 10_000, awaySeconds: 30 };

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en', { maximumFractionDigits: digits });

function capacityTable(): string {
  const costs = readCosts(root);
  const demands = SIZES.map((waiting) => ({ waiting, arriveSeconds: 60, salesPerSecond: 500, ...USUAL }));
  const needs = demands.map((demand) => needsOf(demand, costs));
  const row = (name: string, of: (at: (typeof needs)[number]) => string): string[] => [
    name,
    ...needs.map(of),
  ];
  return markdownTable({
    head: ['', ...demands.map(({ waiting }) => `${number(waiting)} waiting`)],
    rows: [
      row('tokens/s while users arrive (in 60 s)', (n) => number(n.issuesPerSecond)),
      row('polls/s', (n) => number(n.pollsPerSecond)),
      row('API cores, while users arrive', (n) => number(n.apiCores.opening, 1)),
      row('API cores, afterwards', (n) => number(n.apiCores.steady, 1)),
      row('API pods of 1 core (thin), while users arrive', (n) => number(n.pods.opening)),
      row('API pods, afterwards', (n) => number(n.pods.steady)),
      row('Redis cores, while users arrive', (n) => number(n.redisCores.opening, 2)),
      row('Redis cores, afterwards', (n) => number(n.redisCores.steady, 2)),
      row('Redis nodes with a queue each, while users arrive', (n) => number(n.redisNodes.opening)),
      row('Redis nodes, afterwards', (n) => number(n.redisNodes.steady)),
      row('Redis memory of the queue, MB', (n) => number(n.redisMb)),
      row('memory of the queue in each process, MB', (n) => number(n.processMb)),
      row('MariaDB cores at 500 sales/s', (n) => number(n.mariadbCores, 2)),
      row('events/s', (n) => number(n.eventsPerSecond)),
      row(`events/s of each of ${PARTITIONS} Kafka partitions`, (n) =>
        number(n.eventsPerSecond / PARTITIONS),
      ),
      row('network of the polls, Mbit/s', (n) => number(n.network.polls)),
      row('network from Redis to the processes’ snapshots, Mbit/s at most', (n) =>
        number(n.network.snapshots),
      ),
      row('hours until every user has been admitted', (n) => number(n.hoursToServe, 1)),
    ],
  });
}

/** A million users arrive within a minute at four cores of API, which sell some 300 tickets a second. */
const MILLION: OnSale = {
  users: 1_000_000,
  arriveSeconds: 60,
  limit: 10_000,
  cores: 4,
  thinkSeconds: 10,
  abandon: 0.1,
  idleSeconds: 120,
  holdSeconds: 300,
  leaseSeconds: 600,
  ...USUAL,
};

function plotsOf({ seconds }: Timeline): Plot[] {
  const over = (name: string, of: (second: Timeline['seconds'][number]) => number): Plot['series'] => [
    { name, points: seconds.map((second) => [second.at, of(second)]) },
  ];
  return [
    {
      title: 'Waiting and active',
      unit: 'count',
      series: [...over('waiting', (s) => s.waiting), ...over('active', (s) => s.active)],
    },
    {
      title: 'Requests',
      unit: '/s',
      series: [
        ...over('polls', (s) => s.polls),
        ...over('tokens', (s) => s.issues),
        ...over('sales', (s) => s.sales),
      ],
    },
    { title: 'Work for the API', unit: 'count', series: over('cores', (s) => s.cores) },
    { title: 'Longest response', unit: 'ms', series: over('longest', (s) => s.responseMs) },
  ];
}

const described = ({ polls, sold, drainedAfter, wait }: Timeline): [string, string][] => [
  ['polls', number(polls)],
  ['tickets sold', number(sold)],
  ['wait p50', `${number(wait.p50, 1)} s`],
  ['wait p95', `${number(wait.p95, 1)} s`],
  ['last user admitted after', `${number(drainedAfter, 1)} s`],
];

/** The model beside a real run of the same on-sale, which shows whether it can be trusted at larger sizes. */
function check(id: string): string {
  const run = readFindings(id);
  const { recording, samples } = run;
  if (run.meta.scenario !== 'spike') throw new Error(`${id} is no run of spike.`);
  const variable = (name: string, fallback: number): number => {
    const setting = new RegExp(`${name}=(\\S+)`).exec(run.meta.environment.settings ?? '')?.[1];
    return Number(run.meta.variables[name] ?? setting ?? fallback);
  };
  const limit = variable('QUEUE_MAX_ACTIVE', NaN);
  if (Number.isNaN(limit))
    throw new Error(`${id} had no fixed limit: QUEUE_MAX_ACTIVE=200 npm run load -- spike.`);
  const timeline = simulate(
    {
      users: variable('PEAK', 1000),
      arriveSeconds: 1,
      limit,
      cores: 1,
      thinkSeconds: variable('THINK', 2),
      abandon: variable('ABANDON_SHARE', 0.1),
      idleSeconds: variable('QUEUE_IDLE_TIMEOUT_SECONDS', 120),
      holdSeconds: variable('HOLD_SECONDS', 300),
      leaseSeconds: variable('QUEUE_SESSION_SECONDS', 600),
      ...USUAL,
    },
    readCosts(root),
  );
  const empty = samples.findLast(({ values }) =>
    Object.entries(values).some(([key, n]) => key.startsWith('concert_queue_waiting') && n > 0),
  );
  const real: Record<string, string> = {
    polls: number(recording.whole('http_reqs{endpoint:check}', 'count') ?? 0),
    'tickets sold': number(run.figures.sold),
    'wait p50': `${number((recording.whole('queue_time', 'med') ?? 0) / 1000, 1)} s`,
    'wait p95': `${number((recording.whole('queue_time', 'p(95)') ?? 0) / 1000, 1)} s`,
    'last user admitted after': `${number(empty?.at ?? 0, 1)} s`,
  };
  return markdownTable({
    head: [id, 'measured', 'simulated'],
    rows: described(timeline).map(([name, simulated]) => [name, real[name] ?? '', simulated]),
  });
}

function main(): void {
  const values = readArguments(process.argv.slice(2));
  const checked = values.check === undefined ? undefined : check(values.check);
  const costs = readCosts(root);
  const timeline = simulate(MILLION, costs);
  const text = [
    `Costs: docs/results/bench.json (${costs.machine}).`,
    ...(checked === undefined ? [] : ['## The model beside a real run', checked]),
    '## What a queue needs',
    capacityTable(),
    '## A million at once',
    `${number(MILLION.users)} users within ${MILLION.arriveSeconds} s, ${number(MILLION.limit)} active at most, ${MILLION.cores} cores of API, pauses of ${MILLION.thinkSeconds} s on average, ${MILLION.abandon * 100} % leave silently.`,
    markdownTable({ head: ['', ''], rows: described(timeline) }),
  ].join('\n\n');
  process.stdout.write(`${text}\n`);
  if (!values.save) return;
  const folder = join(root, 'docs', 'results');
  mkdirSync(folder, { recursive: true });
  const pictures = plotsOf(timeline).map((plot) => {
    const name = `capacity-${plot.title.toLowerCase().replaceAll(' ', '-')}.svg`;
    writeFileSync(join(folder, name), `${drawPlot(plot)}\n`);
    return `![${plot.title}](${name})`;
  });
  writeFileSync(
    join(folder, 'capacity.md'),
    `# Capacity\n\nMade by \`npm run lab -- capacity --save\`.\n\n${text}\n\n${pictures.join('\n\n')}\n`,
  );
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
}

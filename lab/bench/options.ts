import { readFileSync } from 'node:fs';
import { admission } from './admission.ts';
import { checks } from './checks.ts';
import { issue, issueLog } from './issue.ts';
import { lists } from './lists.ts';
import { million } from './million.ts';
import { overload } from './overload.ts';
import { redisCommands } from './redis-commands.ts';
import { sales } from './sales.ts';
import { cancellation } from './shop/cancellation.ts';
import { ledgerExport } from './shop/exports.ts';
import { hotSeats } from './shop/hot-seats.ts';
import { orders } from './shop/orders.ts';
import { windowEdges } from './shop/windows.ts';
import { start } from './start.ts';
import { traceCost } from './traces.ts';
import type { Benchmark, Options, Result } from './lib/results/result.ts';
import closest from '../../scripts/lib/arguments/closest.js';
import options from '../../scripts/lib/arguments/options.js';

const { didYouMean } = closest;

export const BENCHMARKS: Benchmark[] = [
  ...checks,
  traceCost,
  issue,
  issueLog,
  ...lists,
  ...sales,
  hotSeats,
  million,
  redisCommands,
  admission,
  start,
  overload,
  orders,
  cancellation,
  ledgerExport,
  windowEdges,
];
export const USAGE = `npm run lab -- bench [name … --rounds 7 --seconds 3 --against FILE --gate --save]
  --rounds   measured rounds of each side, in turn; with fewer than 6 there is no 95 % interval
  --seconds  length of a round
  --against  results/bench-….json of an earlier run: shows the change with its 95 % interval
  --gate     ends with 1 when a target is missed, or a change is for the worse, with the whole interval
  --save     also writes docs/results/bench.json and the table in docs/results/README.md

  observation                      polls with metrics and logging, against the same process without
  traces                           polls with traces off, against the same process without a tracer
  check-known                      polls of 20,000 waiting users in turn, against bare node:http with the same body
  check-new                        polls of 200,000 waiting users in turn, more than a process remembers: each token is
                                   verified; against the same
  issue                            tokens, each for another user, against bare node:http that reads the same JSON
  issue-log                        tokens with the transparency log, against the same without it
  schedule                         the cached schedule list with the admission check, against bare node:http with the same body
  seat                             the cached seat list with the admission check, against the same
  page, queue-status               the buyer's page and the status of a queue by role web, against the same
  reserve, reserve-service         holds over HTTP and by the service, against the bare connector with the same statements
  payment, payment-service         payments over HTTP and by the service, against the same
  hot-seats                        2,000 buyers at once of 100 seats that others hold: refusals, against one transaction each
  check-p99, memory, redis-bytes   a queue of 1,000,000: latency of polls against a queue of 1,000, memory of the process,
                                   bytes in Redis
  redis-commands                   Redis commands per second that 10,000 polls per second cause
  admit-10k, admit-10k-block       10,000 waiting users admitted at once: time, and how long the event loop was blocked
  start                            a process from its start to ready
  overload, overload-limit,        twice as many holds as the process and its database can carry, at a fixed rate, and
  overload-p99                     what is left of the best rate when a bare node:http refuses the half
  orders-1, orders-4               seats by orders of one and of four, against the bare connector with a transaction each
  cancellation, cancellation-loss  10,000 paid orders of a canceled schedule: time until all are refunded, and the sales
                                   that are lost meanwhile
  export-memory                    1,000,000 rows as CSV: memory of the process
  window-edges                     100,000 attempts around the edges of sales windows: holds outside of them`;

export interface Wanted extends Options {
  benchmarks: Benchmark[];
  save: boolean;
  gate: boolean;
  /** Results of an earlier run. */
  against: Result[];
}

/** @throws Error that says what is wrong */
export function readArguments(args: string[]): Wanted {
  const { values, positionals } = options.readOptions({
    args,
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '3' },
      save: { type: 'boolean', default: false },
      gate: { type: 'boolean', default: false },
      against: { type: 'string' },
    },
  });
  const whole = (name: 'rounds' | 'seconds', most: number): number => {
    const value = /^[1-9]\d{0,2}$/.test(values[name]) ? Number(values[name]) : 0;
    if (value < 1 || value > most) throw new Error(`--${name} must be a whole number from 1 to ${most}.`);
    return value;
  };
  const known = new Set(BENCHMARKS.flatMap(({ names }) => names));
  const wanted = positionals;
  const unknown = wanted.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new Error(
      unknown.map((name) => `There is no benchmark "${name}".${didYouMean(name, [...known])}`).join(' '),
    );
  return {
    rounds: whole('rounds', 100),
    seconds: whole('seconds', 60),
    benchmarks: BENCHMARKS.filter(
      ({ names }) => wanted.length === 0 || names.some((name) => wanted.includes(name)),
    ),
    save: values.save,
    gate: values.gate,
    against: values.against === undefined ? [] : resultsIn(values.against),
  };
}

/** @throws Error that names the file when it holds no results with all their rounds */
function resultsIn(file: string): Result[] {
  let results: unknown;
  try {
    ({ results } = JSON.parse(readFileSync(file, 'utf8')) as { results?: unknown });
  } catch (error) {
    throw new Error(`--against: ${file} cannot be read.`, { cause: error });
  }
  const isResult = (one: unknown): one is Result =>
    Array.isArray((one as Partial<Result> | null)?.measured?.values);
  if (!Array.isArray(results) || !results.every(isResult))
    throw new Error(`--against: ${file} is no results/bench-….json of this version.`);
  return results;
}

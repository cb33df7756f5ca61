import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cores, inBench, scratchFile } from './context.ts';
import { runPinned } from './processes.ts';

/** Separates the values of a file; neither HTTP nor JSON has it unescaped. */
const SEPARATOR = '\x1e';
let files = 0;

/** What differs from request to request, for generators to read. */
export function writeValues(values: Iterable<string>): string {
  const file = scratchFile(`values-${++files}`);
  writeFileSync(file, [...values].map((value) => value + SEPARATOR).join(''));
  return file;
}

/** Requests: `prefix` + a value of `file` + `suffix`, byte for byte what is sent. */
export interface Requests {
  file: string;
  prefix?: string;
  suffix?: string;
  /** Starts again at the end; otherwise each value is used once, and too few are an error. */
  wrap: boolean;
}

export interface ClosedLoad extends Requests {
  port: number;
  connections: number;
  seconds: number;
  /** How many values to skip. */
  first?: number;
  /** Mean pause of each connection before its next request. */
  delayMs?: number;
}

export interface Answered {
  requests: number;
  seconds: number;
  /** Answers of status 4xx and 5xx. */
  refused: number;
  /** Connections refused, reset or timed out. */
  broken: number;
  p50Ms: number;
  p99Ms: number;
  /** How many values were used, `first` included. */
  used: number;
  exhausted: boolean;
}

const TOO_FEW = 'Too few prepared requests for this machine.';

/** wrk from Debian; where it is missing, a slower generator of our own does the same. */
export const hasWrk = ((): boolean => {
  try {
    execFileSync('wrk', ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'; // wrk --version ends with code 1
  }
})();

const LIMIT_MARGIN_MS = 30_000;

/** Each connection sends its next request when it has the answer to the one before. */
export async function closedLoop(load: ClosedLoad): Promise<Answered> {
  const { port, connections, seconds, first = 0, delayMs = 0 } = load;
  const options = { env: generatorEnv(load, first, delayMs), limitMs: seconds * 1000 + LIMIT_MARGIN_MS };
  const size = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, '--timeout', '5s'];
  const output = hasWrk
    ? await runPinned(
        cores.generator,
        'wrk',
        [...size, '-s', inBench('wrk', 'values.lua'), `http://127.0.0.1:${port}`],
        options,
      )
    : await ownGenerator({ port, connections, seconds, delayMs, giveUpMs: 5000 }, options);
  return read(output) as Answered;
}

export interface MixedLoad extends Requests {
  port: number;
  /** Requests per second, whatever the answers; absent: each connection waits for its answer. */
  rate?: number;
  seconds: number;
  /** Requests of the file to pass over. */
  first?: number;
  /** Most connections; further requests wait for a free one, and that wait counts. */
  connections: number;
  /** A client that has no answer by then goes away. */
  giveUpMs: number;
}

/** Answers within the time. */
export interface Mixed {
  offered: number;
  /** Where the next load continues in the file. */
  used: number;
  seconds: number;
  byStatus: Record<string, number>;
  /** 2xx, and 4xx of the business: somebody else has the seat. */
  accepted: Latency;
  /** The same of the answers of each second. */
  acceptedBySecond: Latency[];
  /** 429 and 503. */
  turnedAway: Latency;
  /** Without an answer: given up, or the connection broke. */
  lost: number;
  /** How busy the generator's core was with generating: near 1, the offer fell short. */
  generatorBusy: number;
}

export interface Latency {
  count: number;
  p50Ms: number;
  p99Ms: number;
}

/**
 * The generator of our own, which tells answers by status. With a rate, requests come when they come, as a crowd's do:
 * what is not answered in time piles up.
 */
export async function mixedLoad(load: MixedLoad): Promise<Mixed> {
  const { file, prefix, suffix, wrap, first = 0, ...settings } = load;
  const limitMs = load.seconds * 1000 + load.giveUpMs + LIMIT_MARGIN_MS;
  const env = generatorEnv({ file, wrap, prefix: prefix ?? '', suffix: suffix ?? '' }, first, 0);
  const mixed = read(await ownGenerator(settings, { env, limitMs })) as Mixed & Pick<Answered, 'exhausted'>;
  if (!wrap && mixed.exhausted) throw new Error(TOO_FEW);
  return mixed;
}

const ownGenerator = (
  settings: object,
  options: { env: Record<string, string>; limitMs: number },
): Promise<string> =>
  runPinned(
    cores.generator,
    process.execPath,
    [inBench('workers', 'generator.ts'), JSON.stringify(settings)],
    options,
  );

const generatorEnv = (requests: Requests, first: number, delayMs: number): Record<string, string> => ({
  BENCH_FILE: requests.file,
  BENCH_PREFIX: requests.prefix ?? '',
  BENCH_SUFFIX: requests.suffix ?? '',
  BENCH_WRAP: requests.wrap ? '1' : '0',
  BENCH_FIRST: String(first),
  BENCH_DELAY_MS: String(delayMs),
});

function read(output: string): unknown {
  const line = /^BENCH (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`The generator printed nothing: ${output.slice(-500)}`);
  return JSON.parse(line);
}

/** @throws when answers failed, or values were used twice that were to be used once */
export function demandSound(answered: Answered): void {
  const { requests, refused, broken, exhausted } = answered;
  if (exhausted) throw new Error(TOO_FEW);
  if (requests === 0) throw new Error('No request was answered.');
  if ((refused + broken) / requests > 0.001)
    throw new Error(`${refused} of ${requests} requests were refused, ${broken} connections broke.`);
}

import { parseArgs } from 'node:util';
import { admission } from './admission.ts';
import { checks } from './checks.ts';
import { doors } from './door.ts';
import { issue } from './issue.ts';
import { lists } from './lists.ts';
import { million } from './million.ts';
import { overload } from './overload.ts';
import { redisCommands } from './redis-commands.ts';
import { sales } from './sales.ts';
import { start } from './start.ts';
import type { Benchmark, Options } from './lib/result.ts';
import closest from '../../scripts/lib/closest.js';

const { didYouMean } = closest;

export const BENCHMARKS: Benchmark[] = [
  ...[...checks, issue, ...lists, ...sales],
  ...[million, redisCommands, admission, start, overload],
  ...doors,
];
/** Names for several. */
const GROUPS: Record<string, string[]> = { admission: doors.flatMap(({ names }) => names) };
export const usage = (): string => `npm run bench [-- name … --rounds 5 --seconds 3 --save]
  --rounds   measured rounds of each side, in turn
  --seconds  length of a round
  --save     writes docs/results/bench.md and bench.json as well

${BENCHMARKS.map(({ names, about }) => `  ${names.join(', ').padEnd(34)}${about}`).join('\n')}
  admission                         all of door-*
`;

export interface Wanted extends Options {
  benchmarks: Benchmark[];
  save: boolean;
}

/** @throws Error that says what is wrong */
export function readArguments(args: string[]): Wanted {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      save: { type: 'boolean', default: false },
    },
  });
  const whole = (name: 'rounds' | 'seconds', most: number): number => {
    const value = /^\d{1,3}$/.test(values[name]) ? Number(values[name]) : 0;
    if (value < 1 || value > most) throw new Error(`--${name} must be a whole number from 1 to ${most}.`);
    return value;
  };
  const known = new Set(BENCHMARKS.flatMap(({ names }) => names));
  const wanted = positionals.flatMap(
    (name) => (Object.hasOwn(GROUPS, name) ? GROUPS[name] : undefined) ?? name,
  );
  const unknown = wanted.filter((name) => !known.has(name));
  const all = [...known, ...Object.keys(GROUPS)];
  if (unknown.length > 0)
    throw new Error(
      unknown.map((name) => `There is no benchmark "${name}".${didYouMean(name, all)}`).join(' '),
    );
  return {
    rounds: whole('rounds', 100),
    seconds: whole('seconds', 60),
    benchmarks: BENCHMARKS.filter(
      ({ names }) => wanted.length === 0 || names.some((name) => wanted.includes(name)),
    ),
    save: values.save,
  };
}

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DECIMAL, DURATION, type Kind, SHARE, wholeFrom } from '../lib/values.ts';
import closest from '../../scripts/lib/arguments/closest.js';
import options from '../../scripts/lib/arguments/options.js';
import { runName } from '../../scripts/lib/arguments/values.ts';
import { root } from './paths.ts';

/** How a script of k6/ reads a variable (k6/lib/options.ts): the function, the name, and the least whole number. */
const READS =
  /(?:\b(whole|decimal|share|oneOf|duration|read)\(\s*|__ENV\[)'([A-Z][A-Z0-9_]*)'(?:,[^,()]*,\s*(\d+)\))?/g;
const KINDS: Record<string, Kind<number> | undefined> = {
  decimal: DECIMAL,
  share: SHARE,
  duration: DURATION,
};
const IMPORTS = /from '(\.[^']+)'/g;

/** The variables that a script and what it imports read; without a script: those of all. */
export const knownVariables = (script?: string): string[] => [...readsOf(script).keys()].sort();

/** By variable the kinds that its readers expect; undefined: only the script can judge the value. */
function readsOf(script?: string): Map<string, (Kind<number> | undefined)[]> {
  const folder = join(root, 'k6');
  const left = readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .filter((name) => script === undefined || name === `${script}.ts`)
    .map((name) => join(folder, name));
  const seen = new Set<string>();
  const found = new Map<string, (Kind<number> | undefined)[]>();
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, by, name = '', least] of text.matchAll(READS))
      found.set(name, [
        ...(found.get(name) ?? []),
        by === 'whole' ? wholeFrom(Number(least ?? 1)) : KINDS[by ?? ''],
      ]);
    for (const [, path = ''] of text.matchAll(IMPORTS)) {
      const base = resolve(dirname(file), path);
      left.push(base.endsWith('.ts') ? base : `${base}.ts`);
    }
  }
  return found;
}

const VARIABLE = /^([A-Z][A-Z0-9_]*)=(.*)$/;

/** NAME=value … for a script. @throws Error that names what is none, is not known, comes twice, or has a wrong value */
export function readVariables(args: string[], known: string[], script: string): Record<string, string> {
  const reads = readsOf(script);
  const variables: Record<string, string> = {};
  demandOnce(args.flatMap((argument) => VARIABLE.exec(argument)?.[1] ?? []));
  for (const argument of args) {
    const [, name, value = ''] = VARIABLE.exec(argument) ?? [];
    if (name === undefined) throw new Error(`"${argument}" is not NAME=value.`);
    demandVariable(name, known);
    demandValue(name, value, reads.get(name) ?? []);
    variables[name] = value;
  }
  return variables;
}

/**
 * A script reads from the environment what it is not given.
 * @param given what the command line gives, or the runner sets
 * @throws Error that names what has a wrong value there
 */
export function demandEnvironment(script: string, given: string[]): void {
  for (const [name, kinds] of readsOf(script))
    if (!given.includes(name)) demandValue(name, process.env[name] ?? '', kinds);
}

/** @throws Error for a value that no reader of the variable takes */
function demandValue(name: string, value: string, kinds: (Kind<number> | undefined)[]): void {
  if (value === '' || kinds.some((kind) => kind === undefined || kind.parse(value) !== undefined)) return;
  if (kinds[0] !== undefined) throw new Error(`${name} is "${value}": expected ${kinds[0].expected}.`);
}

/** What is named after a run (its queue, the run beside it) has a name that is some letters longer, and at most 64. */
const MOST_OF_ID = 50;

/** The run's name: the one wished for, else what runs and when. @throws Error for a name that no folder can have */
export const runId = (wished: string | undefined, what: string, now: Date): string =>
  runName('--id', wished ?? `${what}-${now.toISOString().slice(0, 19).replaceAll(':', '')}`, MOST_OF_ID);

/** A URL that is given as a variable or by the environment; an empty one is none. @throws Error that names the variable */
export function urlIn(variables: Record<string, string>, name: string): string | undefined {
  const text = variables[name] ?? process.env[name] ?? '';
  if (text === '') return undefined;
  const url = options.baseUrl(name, text);
  if (new URL(url).pathname !== '/') throw new Error(`${name} must have no path, not "${text}".`);
  return url;
}

/** @param names of variables, as they are given @throws Error for one that comes twice: one value may be another's */
export function demandOnce(names: string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${twice} is given twice.`);
}

/** @throws Error unless it is one of those known */
export function demandVariable(name: string, known: string[]): void {
  if (known.includes(name)) return;
  throw new Error(
    `No script here reads ${name}.${closest.didYouMean(name, known)} It reads ${known.join(', ')}; variables of the product are set in the environment, in front of the command.`,
  );
}

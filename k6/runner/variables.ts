import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import closest from '../../scripts/lib/arguments/closest.js';
import { root } from './paths.ts';

/** How a script of k6/ reads a variable (k6/lib/options.ts). */
const READS = /(?:\b(?:whole|decimal|share|oneOf|duration|read)\(\s*|__ENV\[)'([A-Z][A-Z0-9_]*)'/g;
const IMPORTS = /from '(\.[^']+)'/g;

/** The variables that a script and what it imports read; without a script: those of all. */
export function knownVariables(script?: string): string[] {
  const folder = join(root, 'k6');
  const left = readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .filter((name) => script === undefined || name === `${script}.ts`)
    .map((name) => join(folder, name));
  const seen = new Set<string>();
  const found = new Set<string>();
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, name = ''] of text.matchAll(READS)) found.add(name);
    for (const [, path = ''] of text.matchAll(IMPORTS)) {
      const base = resolve(dirname(file), path);
      left.push(base.endsWith('.ts') ? base : `${base}.ts`);
    }
  }
  return [...found].sort();
}

const VARIABLE = /^([A-Z][A-Z0-9_]*)=(.*)$/;
export const ID = /^[\w.-]{1,64}$/;
export const ID_RULE = '1 to 64 letters, digits, ".", "_" or "-"';

/** NAME=value … @throws Error that names what is none, or is not known */
export function readVariables(args: string[], known: string[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const argument of args) {
    const [, name, value = ''] = VARIABLE.exec(argument) ?? [];
    if (name === undefined) throw new Error(`"${argument}" is not NAME=value.`);
    demandVariable(name, known);
    variables[name] = value;
  }
  return variables;
}

/** The run's name: the one wished for, else what runs and when. @throws Error for a name that no folder can have */
export function runId(wished: string | undefined, what: string, now: Date): string {
  const id = wished ?? `${what}-${now.toISOString().slice(0, 19).replaceAll(':', '')}`;
  if (!ID.test(id)) throw new Error(`--id: ${ID_RULE}, not "${id}".`);
  return id;
}

/** A URL that is given as a variable or by the environment. */
export const urlIn = (variables: Record<string, string>, name: string): string | undefined =>
  (variables[name] ?? process.env[name])?.replace(/\/$/, '');

/** @throws Error unless it is one of those known */
export function demandVariable(name: string, known: string[]): void {
  if (known.includes(name)) return;
  throw new Error(
    `No script here reads ${name}.${closest.didYouMean(name, known)} It reads ${known.join(', ')}; variables of the product are set in the environment, in front of the command.`,
  );
}

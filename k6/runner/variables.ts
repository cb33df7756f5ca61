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

/** @throws Error unless it is one of those known */
export function demandVariable(name: string, known: string[]): void {
  if (known.includes(name)) return;
  throw new Error(
    `No script here reads ${name}.${closest.didYouMean(name, known)} It reads ${known.join(', ')}; variables of the product are set in the environment, in front of the command.`,
  );
}

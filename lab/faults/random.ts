import { dice } from '../capacity/random.ts';

/** Numbers in [0, 1) that the seed alone decides. */
export type Random = () => number;

/** A separate source for each `name`: what one draws changes nothing for the others. */
export function seededBy(seed: number, name: string): Random {
  let hash = seed >>> 0;
  for (const char of name) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return dice(hash);
}

export const between = (random: Random, least: number, most: number): number =>
  Math.round(least + random() * (most - least));

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('Nothing to pick from.');
  return item;
}

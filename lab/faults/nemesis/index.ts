import closest from '../../../scripts/lib/arguments/closest.js';
import { clientNemeses } from './clients.ts';
import { mariadbNemeses } from './mariadb.ts';
import type { Nemesis } from './nemesis.ts';
import { networkNemeses } from './network.ts';
import { processNemeses } from './processes.ts';
import { redisNemeses } from './redis.ts';

const { didYouMean } = closest;

export const nemeses: Nemesis[] = [
  ...processNemeses,
  ...redisNemeses,
  ...mariadbNemeses,
  ...networkNemeses,
  ...clientNemeses,
];

/** @throws Error that names what there is */
export function nemesisOf(name: string): Nemesis {
  const found = nemeses.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(
      `There is no nemesis "${name}".${didYouMean(name, [...nemeses.map((one) => one.name), 'calm', 'mixed', 'hammer', 'soak'])}`,
    );
  return found;
}

export type { Fault, Heal, Nemesis, Shape } from './nemesis.ts';

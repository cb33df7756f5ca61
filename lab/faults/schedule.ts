import { type Fault, type Nemesis, nemeses, type Shape } from './nemesis/index.ts';
import { between, pick, type Random, seededBy } from './random.ts';

export interface Planned extends Fault {
  nemesis: string;
  /** Since the phase's start. */
  atMs: number;
}

/** A time in which one nemesis is at work. */
export interface PhasePlan {
  name: string;
  lengthMs: number;
  faults: Planned[];
}

/** A phase in which any nemesis may strike. */
export const MIXED = 'mixed';
/** A phase in which none does: what is wrong then is wrong by itself. */
export const CALM = 'calm';

const CALM_FIRST_MS = 1500;
/** Between faults: time to recover, and to be seen recovered. */
const PAUSE_MS: [number, number] = [3500, 6000];
/** More of a fault than its own length: to bring back what it has ended. */
const HEALING_MS = 3000;

/**
 * The same seed gives a nemesis the same faults, alone as in a whole run, whatever the buyers do. Lines and `mixed` are
 * chosen among what is there: they also depend on `shape` and on `usable`.
 */
export function plan(
  names: string[],
  seed: number,
  lengthMs: number,
  shape: Shape,
  usable: Nemesis[],
): PhasePlan[] {
  return names.map((name) => {
    const random = seededBy(seed, name);
    const choose = (): Nemesis => (name === MIXED ? pick(random, usable) : oneOf(name));
    return { name, lengthMs, faults: name === CALM ? [] : faultsOf(choose, random, lengthMs, shape) };
  });
}

function faultsOf(choose: () => Nemesis, random: Random, lengthMs: number, shape: Shape): Planned[] {
  const faults: Planned[] = [];
  for (let atMs = CALM_FIRST_MS; ;) {
    const nemesis = choose();
    const fault = nemesis.plan(random, shape);
    if (faults.length > 0 && atMs + fault.lastsMs + HEALING_MS > lengthMs) return faults;
    faults.push({ nemesis: nemesis.name, atMs, ...fault });
    atMs += fault.lastsMs + between(random, ...PAUSE_MS);
  }
}

function oneOf(name: string): Nemesis {
  const found = nemeses.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no nemesis "${name}".`);
  return found;
}

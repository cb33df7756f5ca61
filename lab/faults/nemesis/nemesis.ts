import type { Random } from '../random.ts';
import type { System } from '../system/index.ts';

/** Faults that are injected. The seed alone decides them, so that the same seed gives the same schedule. */
export interface Fault {
  what: string;
  /** Process, store or line. */
  target: string;
  lastsMs: number;
  /** Of the kind: a step of the clock, a delay, a share. */
  amount?: number;
}

/** Undoes a fault; resolves when what was hit answers again. A string tells what was seen of it. */
export type Heal = () => unknown;

export interface Nemesis {
  name: string;
  /** One line: the fault, and why it matters. */
  about: string;
  needs?: 'kafka' | 'root';
  plan(random: Random, shape: Shape): Fault;
  inject(system: System, fault: Fault): Promise<Heal>;
}

/** How many processes there are to choose from. */
export interface Shape {
  apis: number;
  workers: number;
  kafka: boolean;
}

export const namesOf = (role: 'api' | 'worker', count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${role}${i}`);

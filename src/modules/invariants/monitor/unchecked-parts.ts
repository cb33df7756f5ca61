import { covers, type Part } from './check-run';
import type { Finding } from '../schema';

/** Further slow parts are not remembered: the scan comes by again. */
const MAX_REMEMBERED = 100;

/** A part that is known to be broken, and what was found in it last. */
export interface Broken {
  part: Part;
  finding: Finding;
}

/** What could not be checked, because it was too slow or failed: parts, and scans (without a part) that found no place. */
export class UncheckedParts {
  /** By name, those that have waited longest first. */
  private readonly parts = new Map<string, Part | undefined>();

  get size(): number {
    return this.parts.size;
  }

  has(name: string): boolean {
    return this.parts.has(name);
  }

  /** @returns the part that has waited longest */
  first(): Part | undefined {
    return [...this.parts.values()].find((part) => part !== undefined);
  }

  /** @returns false when it was known already, or when too many are */
  add(name: string, part: Part | undefined): boolean {
    if (this.parts.has(name) || this.parts.size >= MAX_REMEMBERED) return false;
    if (part !== undefined) this.forgetCovered(part);
    this.parts.set(name, part);
    return true;
  }

  forget(name: string): void {
    this.parts.delete(name);
  }

  forgetCovered(by: Part): void {
    for (const [name, part] of this.parts)
      if (part !== undefined && covers(by, part)) this.parts.delete(name);
  }
}

/** Keeps the first of two equal parts. */
export const withoutCovered = (broken: Broken[]): Broken[] =>
  broken.filter(
    ({ part }, i) =>
      !broken.some(({ part: other }, j) => j !== i && covers(other, part) && (j < i || !covers(part, other))),
  );

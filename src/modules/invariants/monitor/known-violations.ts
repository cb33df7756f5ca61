import type { Logger } from '../../../platform/observability/logger';
import { type Finding, type InvariantId, INVARIANTS, type Row } from '../schema';

/** The offending rows that the last looks have found: each is logged once, and an invariant that is kept again as well. */
export class KnownViolations {
  /** By invariant, as text, of the checks that could run. */
  private readonly known = new Map<InvariantId, Set<string>>();

  constructor(private readonly logger: Logger) {}

  /** @returns the number of offending rows by invariant, for the metric */
  readings(): { labels: { invariant: InvariantId }; value: number }[] {
    return [...this.known].map(([invariant, offending]) => ({
      labels: { invariant },
      value: offending.size,
    }));
  }

  /** A row is logged when it is first seen, not at each look. */
  learn(invariant: InvariantId, findings: Finding[]): void {
    const before = this.known.get(invariant);
    const now = new Set<string>();
    for (const { what, rows, more } of findings) {
      const fresh = rows.filter((row) => !before?.has(textOf(what, row)));
      if (fresh.length > 0)
        this.logger.error(
          { invariant, about: INVARIANTS[invariant], what, rows: fresh, more },
          'an invariant is violated',
        );
      for (const row of rows) now.add(textOf(what, row));
      if (more) now.add(`${what}: more`);
    }
    if (now.size === 0 && before !== undefined && before.size > 0)
      this.logger.info({ invariant, about: INVARIANTS[invariant] }, 'the invariant is kept again');
    this.known.set(invariant, now);
  }

  clear(): void {
    this.known.clear();
  }
}

const textOf = (what: string, row: Row): string => `${what}: ${JSON.stringify(row)}`;

import type { Metric, Registry } from 'prom-client';

export interface Reading {
  labels: Record<string, string>;
  value: number;
}

export interface Description {
  name: string;
  help: string;
  type: 'gauge' | 'counter';
}

/**
 * Numbers that are kept elsewhere (in a store, in the rows of the database) and exported as they were last read; none
 * while they cannot be read. Every process that reads them reads the same, so those of workers are not added up.
 */
export class Readings {
  private values: Reading[] = [];

  constructor(
    private readonly description: Description,
    registry: Registry,
  ) {
    registry.registerMetric(this as unknown as Metric);
  }

  get name(): string {
    return this.description.name;
  }

  set(value: number): void {
    this.values = [{ labels: {}, value }];
  }

  setAll(values: Reading[]): void {
    this.values = values;
  }

  /** Gone from the next scrape on: an old number would look like a calm store. */
  forget(): void {
    this.values = [];
  }

  /** As prom-client's own metrics give themselves to the registry. */
  get(): object {
    return { ...this.description, values: this.values, aggregator: 'max' };
  }
}

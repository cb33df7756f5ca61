import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** scripts/load.js starts the runner in the checkout's folder. */
export const root = process.cwd();

/** The files of one run. */
export class RunFolder {
  readonly path: string;
  readonly id: string;

  constructor(id: string) {
    this.id = id;
    this.path = join(root, 'results', id);
  }

  make(): this {
    mkdirSync(this.path, { recursive: true });
    return this;
  }

  /** What the run was: see Meta. */
  get meta(): string {
    return join(this.path, 'meta.json');
  }

  /** k6's end-of-test summary. */
  get summary(): string {
    return join(this.path, 'summary.json');
  }

  /** k6's measurements, each second. */
  get recording(): string {
    return join(this.path, 'k6.ndjson');
  }

  /** The product's metrics, each second. */
  get server(): string {
    return join(this.path, 'server.ndjson');
  }

  get html(): string {
    return join(this.path, 'report.html');
  }

  get markdown(): string {
    return join(this.path, 'report.md');
  }

  file(name: string): string {
    return join(this.path, name);
  }
}

import { pino } from 'pino';
import type { Config } from '../../src/config/config';
import { InvariantRepository } from '../../src/modules/invariants/repository';
import { InvariantStore } from '../../src/modules/invariants/store';
import { InvariantMetrics } from '../../src/modules/invariants/metrics';
import { Metrics } from '../../src/platform/observability/metrics';
import { type Redis } from '../../src/platform/redis/redis';
import { InvariantMonitor } from '../../src/modules/invariants/monitor/monitor';
import { Scratch } from '../support/rows/scratch';
import { testConfig } from '../support/config';

/** So seldom that no look takes too long: pieces grow alike on every machine. */
const INVARIANT_CHECK_INTERVAL_SECONDS = 3600;
export const CHECKED = 'concert_invariant_checked_timestamp_seconds';

interface Line {
  level: number;
  msg?: string;
  what?: string;
  rows?: object[];
}

/** A watch as a worker has it, on a database of the test's own; looks when the test says so. */
export class Watched {
  readonly lines: Line[] = [];
  readonly config: Config;
  readonly metrics = new InvariantMetrics(new Metrics());
  readonly watch: InvariantMonitor;

  /** @param timeoutMs a statement that takes a quarter of it is too slow */
  constructor(scratch: Scratch, redis: Redis, timeoutMs = 60_000) {
    this.config = testConfig({ INVARIANT_CHECK_INTERVAL_SECONDS, DATABASE_TIMEOUT_MS: timeoutMs });
    const logger = pino({}, { write: (line: string) => this.lines.push(JSON.parse(line) as Line) });
    this.watch = new InvariantMonitor(
      scratch.app,
      new InvariantRepository(scratch.app),
      new InvariantStore(redis),
      this.config,
      this.metrics,
      logger,
    );
  }

  look = (): Promise<void> => this.watch.run();

  /** undefined: not exported. */
  async metric(series: string): Promise<number | undefined> {
    const line = (await this.metrics.registry.metrics())
      .split('\n')
      .find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.split(' ')[1]);
  }

  violations = (id: string): Promise<number | undefined> =>
    this.metric(`concert_invariant_violations{invariant="${id}"}`);

  errors = (): Line[] => this.lines.filter(({ level }) => level === 50);
}

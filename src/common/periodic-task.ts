import type { Logger } from '../platform/observability/logger';

/** One turn of a loop; true: there is more to do, go on at once. */
export type Turn = () => Promise<unknown>;

/**
 * Does something again and again, a pause between turns. A failing turn is logged when failing begins and when it
 * ends, not each time; the next turn comes after the pause.
 */
export class PeriodicTask {
  private timer: NodeJS.Timeout | undefined;
  private current: Promise<void> = Promise.resolve();
  private stopped = true;
  private failing = false;

  constructor(
    readonly name: string,
    private readonly pauseMs: number,
    private readonly turn: Turn,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.stopped = false;
    this.plan(0);
  }

  /** No further turn; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.current;
  }

  private plan(ms: number): void {
    this.timer = setTimeout(() => {
      this.current = this.run();
    }, ms);
  }

  private async run(): Promise<void> {
    let more: unknown;
    try {
      more = await this.turn();
      if (this.failing) this.logger.info({ task: this.name }, 'task recovered');
      this.failing = false;
    } catch (err) {
      if (!this.failing) this.logger.warn({ err, task: this.name }, 'task failing, will retry');
      this.failing = true;
    }
    if (!this.stopped) this.plan(more === true ? 0 : this.pauseMs);
  }
}

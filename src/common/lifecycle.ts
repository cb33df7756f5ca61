import type { Logger } from '../platform/observability/logger';

/** One thing that is started and later stopped. */
export interface Phase {
  name: string;
  start?(): void | Promise<void>;
  stop?(): void | Promise<void>;
}

/** Starts phases in order and stops the started ones in reverse: what came last leans on what came first. */
export class Phases {
  private readonly started: Phase[] = [];
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly phases: Phase[],
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    for (const phase of this.phases) {
      this.started.push(phase); // also a phase that fails half-way is stopped
      await phase.start?.();
    }
  }

  /** Stops everything, once; a phase that fails to stop is logged and the rest goes on. */
  async stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async stopAll(): Promise<void> {
    for (const phase of this.started.reverse()) {
      try {
        await phase.stop?.();
        this.logger.debug({ phase: phase.name }, 'stopped');
      } catch (err) {
        this.logger.error({ err, phase: phase.name }, 'did not stop cleanly');
      }
    }
  }
}

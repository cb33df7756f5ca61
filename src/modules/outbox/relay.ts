import type { Logger } from '../../platform/observability/logger';
import { PeriodicTask } from '../../common/periodic-task';
import type { Lease } from '../../platform/database/lease';
import { BATCH, type OutboxEvent, type OutboxRepository } from './repository';

/** Where events go: Kafka, or the handlers of this process. */
export interface Destination {
  /** Whether to try at all. */
  readonly ready: boolean;
  /**
   * Delivers events, at most one of each partition key.
   * @param mayGoOn asked before each step that may take long: false when another worker has taken over
   * @returns ids of the events that are safe with the destination
   * @throws when it cannot tell; the events are taken again
   */
  deliver(events: OutboxEvent[], mayGoOn: () => Promise<boolean>): Promise<number[]>;
}

export interface RelayOptions {
  name: string;
  pauseMs: number;
  take(): Promise<OutboxEvent[]>;
}

/**
 * Hands committed events on in the order of id, at least once. An event is handed on when every earlier one of its
 * partition key, of whatever topic, has been acted upon or given up: a sale is never told before its hold. Two relays that each took rows by SKIP LOCKED would let
 * the later events of a key overtake the earlier ones in the other's hands, so one relay of a name delivers at a time,
 * by lease. A relay that lost its lease on the way can repeat events, never let one overtake another for the first
 * time: its successor begins with the same rows.
 */
export class OutboxRelay {
  private readonly loop: PeriodicTask;

  constructor(
    private readonly options: RelayOptions,
    private readonly outbox: OutboxRepository,
    private readonly lease: Lease,
    private readonly destination: Destination,
    logger: Logger,
  ) {
    this.loop = new PeriodicTask(options.name, options.pauseMs, () => this.turn(), logger);
  }

  start(): void {
    this.loop.start();
  }

  /** Resolves when the batch under way is delivered and marked. */
  async stop(): Promise<void> {
    await this.loop.stop();
    await this.lease.release().catch(() => undefined); // else it ends by itself
  }

  /** @returns whether there is more to do at once */
  private async turn(): Promise<boolean> {
    if (!this.destination.ready) {
      await this.lease.release(); // to a worker that reaches it
      return false;
    }
    if (!(await this.lease.hold())) return false;
    const events = await this.options.take();
    const next = events.filter(({ earlierId }) => earlierId === null);
    const delivered = next.length === 0 ? [] : await this.destination.deliver(next, () => this.lease.hold());
    await this.outbox.markDelivered(delivered);
    const taken = new Set(events.map(({ id }) => id));
    const behind = events.filter(({ earlierId }) => earlierId !== null && !taken.has(earlierId));
    await this.outbox.postponeBehind(behind.map(({ id }) => id));
    const isMoreLeft = events.length === BATCH || next.length + behind.length < events.length;
    return isMoreLeft && delivered.length > 0;
  }
}

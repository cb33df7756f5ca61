import type { Logger } from '../../infra/logger';
import { Loop } from '../../infra/loop';
import type { Lease } from '../../infra/lease';
import { BATCH, type OutboxEvent, type OutboxRepository } from './outbox-repository';

/** Where events go: Kafka, or the handlers of this process. */
export interface Destination {
  /** Whether to try at all. */
  readonly ready: boolean;
  /**
   * Delivers events, those of one partition key in order.
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
 * Hands committed events on in the order of id, at least once. Two relays that each took rows by SKIP LOCKED would let
 * the later events of a key overtake the earlier ones in the other's hands, so one relay of a name delivers at a time,
 * by lease. A relay that lost its lease on the way can repeat events, never let one overtake another for the first
 * time: its successor begins with the same rows.
 */
export class OutboxRelay {
  private readonly loop: Loop;

  constructor(
    private readonly options: RelayOptions,
    private readonly outbox: OutboxRepository,
    private readonly lease: Lease,
    private readonly destination: Destination,
    logger: Logger,
  ) {
    this.loop = new Loop(options.name, options.pauseMs, () => this.turn(), logger);
  }

  start(): void {
    this.loop.start();
  }

  /** Resolves when the batch under way is delivered and marked. */
  async stop(): Promise<void> {
    await this.loop.stop();
    await this.lease.release().catch(() => undefined); // else it ends by itself
  }

  private async turn(): Promise<'pause' | 'again'> {
    if (!this.destination.ready) {
      await this.lease.release(); // to a worker that reaches it
      return 'pause';
    }
    if (!(await this.lease.hold())) return 'pause';
    const events = await this.options.take();
    if (events.length === 0) return 'pause';
    const delivered = await this.destination.deliver(events, () => this.lease.hold());
    await this.outbox.markDelivered(delivered);
    return events.length === BATCH && delivered.length > 0 ? 'again' : 'pause';
  }
}

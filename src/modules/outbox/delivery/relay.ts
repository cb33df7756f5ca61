import { inject, Lifecycle, scoped } from 'tsyringe';
import { PeriodicTask } from '../../../common/periodic-task';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import { Lease } from '../../../platform/database/lease';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { type Destination, DESTINATION } from './destination';
import { FAN_OUT, type FanOut } from './fan-out';
import { BATCH, type OutboxEvent, OutboxRepository } from '../repository';
import { Topics } from '../topics';

/**
 * Hands committed events on, at least once. Fresh and postponed events are relayed apart from each other, so that many
 * failing events hold up no fresh one.
 */
@scoped(Lifecycle.ContainerScoped)
export class OutboxRelay {
  /** In the order of start. */
  private readonly lanes: RelayLane[];

  constructor(
    database: Database,
    outbox: OutboxRepository,
    topics: Topics,
    @inject(DESTINATION) private readonly destination: Destination,
    @inject(FAN_OUT) fanOut: FanOut,
    @inject(CONFIG) config: Config,
    @inject(LOGGER) logger: Logger,
  ) {
    const lane = (name: string, read: () => Promise<OutboxEvent[]>): RelayLane => {
      const lease = new Lease(database, topics.prefix + name);
      const options = { name: `outbox ${name}`, pauseMs: config.OUTBOX_POLL_MS, read };
      return new RelayLane(options, outbox, lease, destination, logger);
    };
    const fresh = async (): Promise<OutboxEvent[]> => {
      const events = await outbox.fresh();
      await fanOut.keep(events.map(({ id }) => id)); // each event is fresh once at least
      return events;
    };
    this.lanes = [lane('due', () => outbox.due()), lane('fresh', fresh)];
  }

  start(): void {
    for (const lane of this.lanes) lane.start();
  }

  /** Resolves when the batches under way are delivered and marked. */
  async stop(): Promise<void> {
    this.destination.interrupt();
    for (const lane of [...this.lanes].reverse()) await lane.stop();
  }
}

interface LaneOptions {
  name: string;
  pauseMs: number;
  read(): Promise<OutboxEvent[]>;
}

/**
 * Relays events in the order of id. An event is handed on when every earlier one of its partition key, of whatever
 * topic, has been handled or given up: the event of a sale never precedes that of its hold. If two relays each took
 * rows by SKIP LOCKED, later events of a key would overtake earlier ones that the other relay has, so one relay of a
 * name delivers at a time, by lease. A relay that lost its lease on the way can repeat events, but never lets one overtake
 * another for the first time: its successor begins with the same rows.
 */
class RelayLane {
  private readonly task: PeriodicTask;

  constructor(
    private readonly options: LaneOptions,
    private readonly outbox: OutboxRepository,
    private readonly lease: Lease,
    private readonly destination: Destination,
    logger: Logger,
  ) {
    this.task = new PeriodicTask(options.name, options.pauseMs, () => this.relayBatch(), logger);
  }

  start(): void {
    this.task.start();
  }

  async stop(): Promise<void> {
    await this.task.stop();
    await this.lease.release().catch(() => undefined); // else it ends by itself
  }

  /** @returns whether there is more to do at once */
  private async relayBatch(): Promise<boolean> {
    if (!this.destination.ready) {
      await this.lease.release(); // to a worker that reaches it
      return false;
    }
    if (!(await this.lease.hold())) return false;
    const events = await this.options.read();
    const next = events.filter(({ earlierId }) => earlierId === null);
    const delivered = next.length === 0 ? [] : await this.destination.deliver(next, () => this.lease.hold());
    await this.outbox.markDelivered(delivered);
    const ids = new Set(events.map(({ id }) => id));
    const behind = events.filter(({ earlierId }) => earlierId !== null && !ids.has(earlierId));
    await this.outbox.postponeBehind(behind.map(({ id }) => id));
    const isMoreLeft = events.length === BATCH || next.length + behind.length < events.length;
    return isMoreLeft && delivered.length > 0;
  }
}

import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { Database } from '../../platform/database/database';
import { Lease } from '../../platform/database/lease';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { WaitingRoomRegistry } from '../waiting-room/registry';
import { Blinding } from '../waiting-room/tokens/blinding';
import { LogKeys } from './keys/keys';
import { TransparencyMetrics } from './metrics';
import { TransparencyRepository } from './repository';
import { LogWriter } from './writer';

/** Transactions of one turn and queue: then the lease is renewed. */
const MAX_WRITES_PER_TURN = 20;

/** Keeps the transparency logs of all queues. One worker at a time does it, by lease. */
@scoped(Lifecycle.ContainerScoped)
export class TransparencyJob {
  private readonly lease: Lease;
  private readonly writers: Map<string, LogWriter>;

  constructor(
    rooms: WaitingRoomRegistry,
    repository: TransparencyRepository,
    blinding: Blinding,
    keys: LogKeys,
    database: Database,
    private readonly metrics: TransparencyMetrics,
    @inject(CONFIG) config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.lease = new Lease(database, `transparency logs of ${config.QUEUE_ID}`);
    const writer = (room: (typeof rooms.all)[number]): [string, LogWriter] => [
      room.queueId,
      new LogWriter(room, repository, blinding, keys.of(room.queueId)),
    ];
    this.writers = new Map(rooms.all.map(writer));
  }

  /** A queue that fails does not keep the others waiting. @throws the first error */
  async turn(): Promise<void> {
    if (!(await this.lease.hold())) {
      for (const writer of this.writers.values()) writer.forget();
      for (const reading of [this.metrics.size, this.metrics.drained, this.metrics.lag]) reading.forget();
      return;
    }
    const results = await Promise.allSettled([...this.writers].map(([id, writer]) => this.drain(id, writer)));
    const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    this.metrics.size.setAll(done.map(({ labels, size }) => ({ labels, value: size })));
    this.metrics.lag.setAll(done.map(({ labels, lagMs }) => ({ labels, value: lagMs / 1000 })));
    this.metrics.drained.setAll(done.map(({ labels, nowMs }) => ({ labels, value: nowMs / 1000 })));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async stop(): Promise<void> {
    await this.lease.release();
  }

  private async drain(queueId: string, writer: LogWriter) {
    const labels = { queue: queueId };
    let [lagMs, size, nowMs] = [0, 0, 0];
    for (let writes = 0; writes < MAX_WRITES_PER_TURN && (await this.lease.hold()); writes++) {
      const written = await writer.write();
      this.metrics.leaves.inc(labels, written.leaves);
      if (written.isGap) {
        this.metrics.gaps.inc(labels);
        this.logger.warn({ queue: queueId, size: written.size }, 'leaves of the transparency log were lost');
      }
      lagMs = Math.max(lagMs, written.lagMs);
      ({ size, nowMs } = written);
      if (!written.more) break;
    }
    return { labels, lagMs, size, nowMs };
  }
}

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import { HttpMetrics } from '../../../http/metrics';
import { Database } from '../../../platform/database/database';
import { Metrics } from '../../../platform/observability/metrics';
import { Breakers } from '../../operations/breakers';
import { mergeSignals, type Signals } from '../../waiting-room/admission/signals';
import { WaitingRoomRegistry } from '../../waiting-room/registry';
import { QueueStatusService } from '../../waiting-room/status/service';
import type { ProcessReport } from './report';
import { ProcessStore } from './store';

/** A p99 of one second means little when few come. */
export const SIGNAL_SECONDS = 5;
const MS_PER_SECOND = 1000;

/** Tells once a second how this process is. */
@scoped(Lifecycle.ContainerScoped)
export class ProcessReporter {
  /** Unique also among the lives of a pod, whose process has the same number each time. */
  readonly id = `${hostname()}:${process.pid}:${randomBytes(2).toString('hex')}`;
  private readonly signals: Signals[] = [];
  private readonly shed: number[] = [];

  constructor(
    private readonly store: ProcessStore,
    private readonly rooms: WaitingRoomRegistry,
    private readonly statuses: QueueStatusService,
    private readonly breakers: Breakers,
    private readonly database: Database,
    private readonly http: HttpMetrics,
    private readonly metrics: Metrics,
    @inject(CONFIG) private readonly config: Config,
  ) {}

  /** What this process has seen in the last second. */
  recordSignals(signals: Signals): void {
    this.signals.push(signals);
    this.signals.splice(0, this.signals.length - SIGNAL_SECONDS);
  }

  /** @throws errors of Redis */
  async turn(): Promise<void> {
    const { takenAtRedisMs, nowMs } = this.rooms.main.snapshot;
    if (takenAtRedisMs === 0) return; // without the clock of the queue, nobody could say how old the report is
    await this.store.write(await this.report(nowMs));
  }

  /** The report goes with the process. */
  async stop(): Promise<void> {
    await this.store.remove([this.id]).catch(() => undefined); // it ends by itself as well
  }

  private async report(nowMs: number): Promise<ProcessReport> {
    const { queue, concert } = this.breakers;
    const { ROLE } = this.config;
    return {
      id: this.id,
      role: ROLE,
      atMs: nowMs,
      startedAtMs: nowMs - process.uptime() * MS_PER_SECOND,
      signals: ROLE === 'worker' ? null : this.mergedSignals(),
      breakers: { queueService: queue.state, concertService: concert.state },
      pool: { ...this.database.pool, max: this.config.DATABASE_POOL_MAX },
      shedPerSecond: await this.shedPerSecond(),
      etaBands: this.etaBands(),
      ...(ROLE === 'api' ? { outbox: null, invariants: null } : await this.ofWorker()),
    };
  }

  /** Counts are those of all the seconds, waits the longest, and requests in flight the latest. */
  private mergedSignals(): Signals {
    return { ...mergeSignals(this.signals), inFlight: this.signals.at(-1)?.inFlight ?? 0 };
  }

  private async shedPerSecond(): Promise<number> {
    const [value] = (await this.http.requestsShed.get()).values;
    this.shed.push(value?.value ?? 0);
    this.shed.splice(0, this.shed.length - SIGNAL_SECONDS - 1);
    const [first = 0, last = 0] = [this.shed[0], this.shed.at(-1)];
    return (last - first) / Math.max(1, this.shed.length - 1);
  }

  private etaBands(): ProcessReport['etaBands'] {
    return Object.fromEntries(
      this.rooms.all.flatMap(({ queueId }) => {
        const band = this.statuses.etaBand(queueId);
        return band === undefined ? [] : [[queueId, band]];
      }),
    );
  }

  /** As the worker exports it. A process that does not deliver or check has no such numbers. */
  private async ofWorker(): Promise<Pick<ProcessReport, 'outbox' | 'invariants'>> {
    const read = (name: string): ReturnType<Metrics['valuesOf']> => this.metrics.valuesOf(name);
    const [backlog] = await read('concert_outbox_backlog');
    const [age] = await read('concert_outbox_oldest_age_seconds');
    const [checked] = await read('concert_invariant_checked_timestamp_seconds');
    const broken = (await read('concert_invariant_violations')).map(({ labels, value }) => [
      String(labels.invariant),
      value,
    ]);
    const outbox = { backlog: backlog?.value ?? 0, oldestSeconds: age?.value ?? 0 };
    const checkedAtMs = (checked?.value ?? 0) * MS_PER_SECOND;
    return {
      outbox,
      invariants:
        checked === undefined
          ? null
          : { broken: Object.fromEntries(broken) as Record<string, number>, checkedAtMs },
    };
  }
}

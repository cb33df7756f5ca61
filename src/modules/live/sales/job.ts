import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../../common/clock';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import { Lease } from '../../../platform/database/lease';
import { WaitingRoomRegistry } from '../../waiting-room/registry';
import { ProcessStore } from '../processes/store';
import { type ClassRow, type HoldRow, type LapseRow, SalesRepository, type SoldRow } from './repository';
import type { MinuteSales, SalesOfQueue } from './sales';
import { SalesStore } from './store';

/** Counting takes at most this share of the time. */
const COUNTING_SHARE = 0.05;
const SHORTEST_PAUSE_MS = 1000;
const HOUR_MINUTES = 60;
/** Minutes that may still change: a payment commits soon after the time that it carries. */
const OPEN_MINUTES = 2;
const MINUTE_MS = 60_000;

/**
 * Counts what was sold while somebody looks at the operator's page. One worker at a time does it, by lease. It reads the
 * last hour once, and then only the minutes that may still change.
 */
@scoped(Lifecycle.ContainerScoped)
export class SalesCountJob {
  private readonly lease: Lease;
  private readonly queueIds: string[];
  private nextAtMs = -Infinity;
  /** Minutes of the last hour by queue. */
  private minutes = new Map<string, Map<number, MinuteSales>>();
  private isWholeHour = false;

  constructor(
    database: Database,
    private readonly sales: SalesRepository,
    private readonly store: SalesStore,
    private readonly processes: ProcessStore,
    private readonly rooms: WaitingRoomRegistry,
    @inject(CONFIG) config: Config,
  ) {
    this.queueIds = [config.QUEUE_ID, ...config.QUEUES.keys()];
    this.lease = new Lease(database, `sales-count of ${config.QUEUE_ID}`);
  }

  /** @throws errors of the database and of Redis */
  async turn(): Promise<void> {
    if (monotonicMs() < this.nextAtMs) return;
    if (!(await this.processes.isWatched()) || !(await this.lease.hold())) {
      this.isWholeHour = false; // what another worker counts meanwhile is not known here
      return;
    }
    const startedAtMs = monotonicMs();
    try {
      await this.count();
    } catch (error) {
      this.isWholeHour = false;
      throw error;
    } finally {
      this.nextAtMs = startedAtMs + this.pauseMs(monotonicMs() - startedAtMs);
    }
  }

  async stop(): Promise<void> {
    await this.lease.release();
  }

  private pauseMs(tookMs: number): number {
    return Math.max(SHORTEST_PAUSE_MS, tookMs / COUNTING_SHARE);
  }

  private async count(): Promise<void> {
    const startedAtMs = monotonicMs();
    const minutesBefore = this.isWholeHour ? OPEN_MINUTES : HOUR_MINUTES;
    const sold = await this.sales.sold(minutesBefore);
    const lapses = await this.sales.lapses(minutesBefore);
    const [holds, classes] = [await this.sales.holds(), await this.sales.classes()];
    const { nowMs } = this.rooms.main.snapshot;
    const thisMinute = Math.floor(nowMs / MINUTE_MS);
    for (const queueId of this.queueIds) {
      const known = this.isWholeHour ? this.minutes.get(queueId) : undefined;
      const kept = [...(known ?? [])].filter(
        ([minute]) => minute >= thisMinute - HOUR_MINUTES && minute < thisMinute - minutesBefore,
      );
      const counted = minutesOf(ownOf(sold, queueId), ownOf(lapses, queueId));
      this.minutes.set(queueId, new Map([...kept, ...counted]));
    }
    this.isWholeHour = true;
    await this.store.write({
      countedAtMs: nowMs,
      everyMs: Math.round(this.pauseMs(monotonicMs() - startedAtMs)),
      queues: this.queueIds.map((queueId) => this.salesOf(queueId, classes, holds)),
    });
  }

  private salesOf(queueId: string, classes: ClassRow[], holds: HoldRow[]): SalesOfQueue {
    const minutes = [...(this.minutes.get(queueId)?.values() ?? [])];
    return {
      queueId,
      holds: ownOf(holds, queueId).reduce((sum, row) => sum + row.holds, 0),
      classes: ownOf(classes, queueId).map(({ name, amount, free, held, sold, blocked }) => ({
        name,
        amount,
        free,
        held,
        sold,
        blocked,
      })),
      minutes: minutes.sort((a, b) => a.minuteMs - b.minuteMs),
    };
  }
}

const ownOf = <T extends { queueId: string }>(rows: T[], queueId: string): T[] =>
  rows.filter((row) => row.queueId === queueId);

function minutesOf(sold: SoldRow[], lapses: LapseRow[]): Map<number, MinuteSales> {
  const minutes = new Map<number, MinuteSales>();
  const at = (minute: number): MinuteSales => {
    const known = minutes.get(minute) ?? {
      minuteMs: minute * MINUTE_MS,
      seats: 0,
      won: 0,
      lapses: 0,
      byClass: Object.create(null) as MinuteSales['byClass'], // a class may be called `constructor`
    };
    minutes.set(minute, known);
    return known;
  };
  for (const { minute, name, seats, won } of sold) {
    const sales = at(minute);
    sales.seats += seats;
    sales.won += won;
    sales.byClass[name] = (sales.byClass[name] ?? 0) + seats;
  }
  for (const { minute, lapses: count } of lapses) at(minute).lapses += count;
  return minutes;
}

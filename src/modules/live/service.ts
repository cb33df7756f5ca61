import { inject, Lifecycle, scoped } from 'tsyringe';
import { DisplayTime } from '../../common/calendar/display-time';
import { monotonicMs } from '../../common/clock';
import { CONFIG, type Config } from '../../config/config';
import { Health, type HealthReport } from '../operations/health';
import { WaitingRoomRegistry } from '../waiting-room/registry';
import { type Board, BoardStore, EMPTY_BOARD } from '../waiting-room/status/board-store';
import { fleetOf, sortByAge } from './processes/fleet';
import type { ProcessReport } from './processes/report';
import { ProcessReporter } from './processes/reporter';
import { ProcessStore } from './processes/store';
import { History, pointOf } from './history';
import { queueView } from './queue-view';
import type { HistoryPoint, LiveReport } from './schema';
import { type Sales, soldOutAtMs } from './sales/sales';
import { SalesStore } from './sales/store';

/** Something that was read, and when (monotonic); -Infinity: never. */
interface Known<T> {
  value: T;
  atMs: number;
}

const OFF = { status: 'off' as const };

/**
 * What operators see. Reading is apart from reporting: a store that hangs or is away keeps no report back, and what was
 * read last stays, with its age. Nothing is read unless somebody looks.
 */
@scoped(Lifecycle.ContainerScoped)
export class LiveService {
  private readonly boards = new Map<string, Board>();
  private processes: Known<ProcessReport[]> = { value: [], atMs: -Infinity };
  private sales: Known<Sales | undefined> = { value: undefined, atMs: -Infinity };
  private stores: Known<HealthReport['dependencies']> = { value: {}, atMs: -Infinity };

  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly boardStore: BoardStore,
    private readonly processStore: ProcessStore,
    private readonly salesStore: SalesStore,
    private readonly reporter: ProcessReporter,
    private readonly health: Health,
    private readonly past: History,
    private readonly displayTime: DisplayTime,
    @inject(CONFIG) private readonly config: Config,
  ) {}

  get history(): readonly HistoryPoint[] {
    return this.past.points;
  }

  /** Reads what Redis has, and says that somebody looks. @throws errors of Redis; what was read stays */
  async refresh(): Promise<void> {
    await this.processStore.markWatched();
    this.processes = { value: await this.processStore.readAll(), atMs: monotonicMs() };
    const sales = await this.salesStore.read();
    if (sales !== undefined) this.sales = { value: sales, atMs: monotonicMs() };
    await Promise.all(this.rooms.all.map(({ queueId }) => this.readBoard(queueId)));
    await this.processStore.remove(sortByAge(this.processes.value, this.nowMs).gone);
  }

  /** Asks the stores how they are. */
  async probe(): Promise<void> {
    const { dependencies } = await this.health.report();
    this.stores = { value: dependencies, atMs: monotonicMs() };
  }

  /** Keeps a point of the curves. */
  remember(): void {
    const { nowMs } = this;
    if (nowMs > 0) this.past.add(pointOf({ nowMs, queues: this.queues(), fleet: this.fleet() }));
  }

  /** For a client that wants one report and no stream. */
  async reportNow(): Promise<LiveReport> {
    await Promise.allSettled([this.refresh(), this.probe()]); // what cannot be read says its age
    return this.report();
  }

  /** No I/O. */
  report(): LiveReport {
    const { database = OFF, redis = OFF, kafka = OFF } = this.stores.value;
    return {
      process: this.reporter.id,
      nowMs: Math.round(this.nowMs),
      queues: this.queues(),
      fleet: this.fleet(),
      stores: { ageMs: ageOf(this.stores.atMs), database, redis, kafka },
      sales: this.salesView(),
    };
  }

  private async readBoard(queueId: string): Promise<void> {
    this.boards.set(queueId, await this.boardStore.read(queueId));
  }

  /** Redis' clock as far as this process can tell; 0: not known yet. */
  private get nowMs(): number {
    const { snapshot } = this.rooms.main;
    return snapshot.takenAtRedisMs === 0 ? 0 : snapshot.nowMs;
  }

  private queues(): LiveReport['queues'] {
    return this.rooms.all.map((room) => {
      const bands = this.processes.value.map(({ etaBands }) => etaBands[room.queueId]);
      const band = bands.find((each) => each !== undefined) ?? null;
      const board = this.boards.get(room.queueId) ?? EMPTY_BOARD;
      return queueView(room, board, band, (at) => this.displayTime.withOffset(at));
    });
  }

  /** Facts that were fresh when they were last read: their age is passed on, and judged only once. */
  private fleet(): LiveReport['fleet'] {
    const { value, atMs } = this.processes;
    const ageMs = ageOf(atMs);
    const readAtMs = this.nowMs - Math.max(0, ageMs);
    const { fresh } = sortByAge(value, readAtMs);
    return { ageMs, ...fleetOf(fresh, readAtMs, this.config.QUEUE_AUTO_TARGET_P99_MS) };
  }

  private salesView(): LiveReport['sales'] {
    const { value } = this.sales;
    if (value === undefined) return { ageMs: -1, everyMs: 0, queues: [] };
    const { countedAtMs, everyMs, queues } = value;
    return {
      ageMs: Math.max(0, Math.round(this.nowMs - countedAtMs)),
      everyMs,
      queues: queues.map((sales) => ({ ...sales, soldOutAtMs: soldOutAtMs(sales, countedAtMs) ?? null })),
    };
  }
}

const ageOf = (atMs: number): number => (atMs === -Infinity ? -1 : Math.round(monotonicMs() - atMs));

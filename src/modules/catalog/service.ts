import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { isRefusal, NotFound, Unavailable } from '../../common/errors';
import { DisplayTime } from '../../common/calendar/display-time';
import { CallTimedOut, CircuitOpen } from '../../platform/circuit-breaker/breaker';
import { Breakers } from '../operations/breakers';
import { ReadCache } from '../../platform/cache';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { type Cursor, emptyList, inPieces, type ListAnswer, listOf, type ListPage, pageOf } from './list';
import { CatalogMetrics } from './metrics';
import { ConcertRepository, type ScheduleRow } from './repository';
import type { Schedule, Seat } from './schema';

const MOST_SCHEDULES_CACHED = 10_000;
const MOST_BYTES_CACHED = 128 * 1024 * 1024;
/** As text and as bytes, of which a letter takes up to three, and compressed. */
const BYTES_PER_LETTER = 6;

/** What is on and which seats are free. The lists may be LIST_CACHE_TTL_MS old; the reserve never is. */
@scoped(Lifecycle.ContainerScoped)
export class ConcertService {
  private readonly schedulesCache: ReadCache<'all', ListAnswer<Schedule>>;
  private readonly seatsCache: ReadCache<number, ListAnswer<Seat>>;
  /** The lists that stand in for newer ones. */
  private readonly stale = new WeakMap<object, object>();
  private readonly mainQueueId: string;

  constructor(
    private readonly concerts: ConcertRepository,
    private readonly breakers: Breakers,
    private readonly displayTime: DisplayTime,
    @inject(CONFIG) config: Config,
    metrics: CatalogMetrics,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    const cache = <K extends string | number, Row extends Schedule | Seat>(
      name: string,
      max: number,
    ): ReadCache<K, ListAnswer<Row>> =>
      new ReadCache(
        config.LIST_CACHE_TTL_MS,
        max,
        (result) => metrics.cacheReads.inc({ cache: name, result }),
        {
          maxBytes: MOST_BYTES_CACHED,
          bytesOf: ({ json }) => BYTES_PER_LETTER * json.length,
        },
      );
    this.mainQueueId = config.QUEUE_ID;
    this.schedulesCache = cache('schedules', 1);
    this.seatsCache = cache('seats', MOST_SCHEDULES_CACHED);
  }

  /** Future schedules that still have seats, soonest first. */
  async schedules(): Promise<ListAnswer<Schedule>> {
    return this.list(this.schedulesCache, 'all', async () =>
      listOf(
        inPieces(await this.concerts.schedules(), (row) => this.present(row)),
        cursorOfDate,
      ),
    );
  }

  /** The seats of a schedule that can be reserved; none once the sale is over. @throws NotFound (404) */
  async seats(scheduleId: number): Promise<ListAnswer<Seat>> {
    return this.list(this.seatsCache, scheduleId, async () => {
      const sale = await this.concerts.sale(scheduleId);
      if (sale === undefined) throw new NotFound(`Schedule ${scheduleId}`);
      const isSold = sale !== 'OPEN' && sale !== 'BEFORE';
      return listOf(isSold ? [] : this.concerts.availableSeats(scheduleId), cursorOfSeat);
    });
  }

  /** Whether there is a list of the seats in memory, perhaps an old one: it is answered without a wait, or read for all at once. */
  hasSeats(scheduleId: number): boolean {
    return this.seatsCache.lastGood(scheduleId) !== undefined;
  }

  /** Of the schedules that a queue sells. @throws Unavailable (503) */
  async schedulesPage(queueId: string, after: Cursor, count: number): Promise<ListPage<Schedule>> {
    return pageOf(await this.schedules(), after, count, (schedule) => schedule.queueId === queueId);
  }

  /** @throws NotFound (404), Unavailable (503) */
  async seatsPage(scheduleId: number, after: Cursor, count: number): Promise<ListPage<Seat>> {
    return pageOf(await this.seats(scheduleId), after, count);
  }

  /** Reads through the cache and the breaker; when that fails, the last good list, or else, if it is not a bug, an empty one. */
  private async list<K extends string | number, Row extends Schedule | Seat>(
    cache: ReadCache<K, ListAnswer<Row>>,
    key: K,
    load: () => Promise<ListAnswer<Row>>,
  ): Promise<ListAnswer<Row>> {
    try {
      return await cache.read(key, () =>
        this.breakers.concert.run(async () => {
          const list = await load();
          const last = cache.lastGood(key);
          return last?.etag === list.etag ? last : list; // with all that was made of it
        }),
      );
    } catch (err) {
      if (isRefusal(err)) throw err;
      this.logger.warn({ err, key }, 'list not read: answering with a fallback');
      const stale = cache.lastGood(key);
      if (stale !== undefined) return this.staleOf(stale);
      if (!isNotNow(err)) throw err; // a bug must not look like a schedule without free seats
      return emptyList();
    }
  }

  private staleOf<Row extends Schedule | Seat>(list: ListAnswer<Row>): ListAnswer<Row> {
    const known = this.stale.get(list) as ListAnswer<Row> | undefined;
    if (known !== undefined) return known;
    const stale: ListAnswer<Row> = { ...list, fallback: 'stale' };
    this.stale.set(list, stale);
    return stale;
  }

  private present(row: ScheduleRow): Schedule {
    return {
      scheduleId: row.scheduleId,
      concertTitle: row.concertTitle,
      openDate: this.displayTime.date(row.startsAt),
      startTime: this.displayTime.minutes(row.startsAt),
      endTime: this.displayTime.minutes(row.endsAt),
      startsAt: this.displayTime.withOffset(row.startsAt),
      endsAt: this.displayTime.withOffset(row.endsAt),
      opensAt: row.opensAt && this.displayTime.withOffset(row.opensAt),
      closesAt: row.closesAt && this.displayTime.withOffset(row.closesAt),
      queueId: row.queueId === null || row.queueId === '' ? this.mainQueueId : row.queueId,
      seatStatus: row.available === 1 ? 'AVAILABLE' : 'SOLD_OUT',
    };
  }
}

const isNotNow = (error: unknown): boolean =>
  error instanceof Unavailable || error instanceof CircuitOpen || error instanceof CallTimedOut;

const cursorOfDate = ({ startsAt, scheduleId }: Schedule): Cursor => [Date.parse(startsAt), scheduleId];
const cursorOfSeat = ({ position, seatId }: Seat): Cursor => [position, seatId];

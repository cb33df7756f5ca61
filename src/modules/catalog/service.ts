import { createHash } from 'node:crypto';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { isRefusal, NotFound, Unavailable } from '../../common/errors';
import { DisplayTime } from '../../common/calendar/display-time';
import { CallTimedOut, CircuitOpen } from '../../platform/circuit-breaker/breaker';
import { Breakers } from '../operations/breakers';
import { ReadCache } from '../../platform/cache';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { CatalogMetrics } from './metrics';
import { ConcertRepository, type ScheduleRow } from './repository';
import type { Schedule, Seat } from './schema';

/** A list as JSON, made once for all its readers. `fallback`: the list could not be read, so this is an old or empty one. */
export interface ListAnswer {
  json: string;
  etag: string;
  fallback?: 'stale' | 'empty';
}

const MOST_SCHEDULES_CACHED = 10_000;
const MOST_BYTES_CACHED = 128 * 1024 * 1024;
/** As text and as bytes, of which a letter takes up to three, and compressed. */
const BYTES_PER_LETTER = 6;

/** What is on and which seats are free. The lists may be LIST_CACHE_TTL_MS old; the reserve never is. */
@scoped(Lifecycle.ContainerScoped)
export class ConcertService {
  private readonly schedulesCache: ReadCache<'all', ListAnswer>;
  private readonly seatsCache: ReadCache<number, ListAnswer>;
  /** The lists that stand in for newer ones. */
  private readonly stale = new WeakMap<ListAnswer, ListAnswer>();
  private readonly mainQueueId: string;

  constructor(
    private readonly concerts: ConcertRepository,
    private readonly breakers: Breakers,
    private readonly displayTime: DisplayTime,
    @inject(CONFIG) config: Config,
    metrics: CatalogMetrics,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    const cache = <K extends string | number>(name: string, max: number): ReadCache<K, ListAnswer> =>
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
  async schedules(): Promise<ListAnswer> {
    return this.list(this.schedulesCache, 'all', async () => {
      const rows = await this.concerts.schedules();
      return [rows.map((row) => this.present(row))];
    });
  }

  /** The seats of a schedule that can be reserved; none once the sale is over. @throws NotFound (404) */
  async seats(scheduleId: number): Promise<ListAnswer> {
    return this.list(this.seatsCache, scheduleId, async () => {
      const sale = await this.concerts.sale(scheduleId);
      if (sale === undefined) throw new NotFound(`Schedule ${scheduleId}`);
      return sale === 'OPEN' || sale === 'BEFORE' ? this.concerts.availableSeats(scheduleId) : [];
    });
  }

  /** Reads through the cache and the breaker; when that fails, the last good list, or else, if it is not a bug, an empty one. */
  private async list<K extends string | number>(
    cache: ReadCache<K, ListAnswer>,
    key: K,
    load: () => Promise<Pages>,
  ): Promise<ListAnswer> {
    try {
      return await cache.read(key, () =>
        this.breakers.concert.run(async () => {
          const list = await prepare(await load());
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
      return EMPTY;
    }
  }

  private staleOf(list: ListAnswer): ListAnswer {
    const known = this.stale.get(list);
    if (known !== undefined) return known;
    const stale: ListAnswer = { ...list, fallback: 'stale' };
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

/** @throws Unavailable (503): the list could not be read, and no earlier one is known. It must not look like one without rows. */
export function rowsOf<Row extends Schedule | Seat>({ json, fallback }: ListAnswer): Row[] {
  if (fallback === 'empty') throw new Unavailable('The list');
  return JSON.parse(json) as Row[];
}

const isNotNow = (error: unknown): boolean =>
  error instanceof Unavailable || error instanceof CircuitOpen || error instanceof CallTimedOut;

type Pages = Iterable<Schedule[]> | AsyncIterable<Seat[]>;

/** Page by page: a list of 100,000 seats at once would block the event loop for some hundred ms. */
async function prepare(pages: Pages): Promise<ListAnswer> {
  const texts: string[] = [];
  for await (const page of pages) if (page.length > 0) texts.push(JSON.stringify(page).slice(1, -1));
  return answerOf(`[${texts.join(',')}]`);
}

const answerOf = (json: string): ListAnswer => ({
  json,
  etag: `W/"${createHash('sha1').update(json).digest('base64url')}"`,
});

const EMPTY: ListAnswer = { ...answerOf('[]'), fallback: 'empty' };

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import { isRefusal, NotFound, Unavailable } from '../../../common/errors';
import { ReadCache } from '../../../platform/cache';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { Breakers } from '../../operations/breakers';
import { CatalogMetrics } from '../metrics';
import { type AvailabilityRow, ConcertRepository } from '../repository';
import { packed } from './availability';
import { layoutOf, type LayoutText } from './layout';
import type { Availability } from './schema';

const MAX_SCHEDULES_CACHED = 10_000;
const MAX_LAYOUT_BYTES = 64 * 1024 * 1024;
/** A layout of a published schedule does not change, unless somebody changes its rows by SQL. */
const LAYOUT_TTL_MS = 60_000;

/** One half of a seat map as JSON, made once for all its readers. */
export interface SeatMapPart {
  json: string;
  etag: string;
}

export type LayoutPart = SeatMapPart & LayoutText;

/** The halves that belong to each other; the availability lists the seats in the order of the layout. */
export interface SeatMap {
  layout: LayoutPart;
  availability: SeatMapPart;
  /** It could not be read: an old one. */
  isStale?: true;
}

/**
 * Seat maps for everybody, waiting or not. The store is asked at most once per LIST_CACHE_TTL_MS and schedule, and never
 * for a schedule that is not public.
 */
@scoped(Lifecycle.ContainerScoped)
export class SeatMapService {
  private readonly shown: ReadCache<'all', Set<number>>;
  private readonly maps: ReadCache<number, SeatMap>;
  private readonly layouts = new LRUCache<string, LayoutPart>({
    max: MAX_SCHEDULES_CACHED,
    maxSize: MAX_LAYOUT_BYTES,
    sizeCalculation: ({ json }) => json.length,
    ttl: LAYOUT_TTL_MS,
  });

  constructor(
    private readonly concerts: ConcertRepository,
    private readonly breakers: Breakers,
    @inject(CONFIG) config: Config,
    metrics: CatalogMetrics,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    const cache = <K extends string | number, V>(name: string, max: number): ReadCache<K, V> =>
      new ReadCache(config.LIST_CACHE_TTL_MS, max, (result) =>
        metrics.cacheReads.inc({ cache: name, result }),
      );
    this.shown = cache('shown schedules', 1);
    this.maps = cache('seat maps', MAX_SCHEDULES_CACHED);
  }

  /** @throws NotFound (404) for a schedule that is not published, or that ended more than a day ago */
  async seatMap(scheduleId: number): Promise<SeatMap> {
    try {
      const shown = await this.shown.read('all', () =>
        this.breakers.concert.run(() => this.concerts.shownSchedules()),
      );
      if (!shown.has(scheduleId)) throw new NotFound(`Schedule ${scheduleId}`);
      return await this.maps.read(scheduleId, () => this.breakers.concert.run(() => this.load(scheduleId)));
    } catch (err) {
      const last = this.maps.lastGood(scheduleId);
      if (isRefusal(err) || last === undefined) throw err;
      this.logger.warn({ err, scheduleId }, 'seat map not read: answering with the last one');
      return { ...last, isStale: true };
    }
  }

  private async load(scheduleId: number): Promise<SeatMap> {
    const row = await this.concerts.availability(scheduleId);
    if (row === undefined) throw new NotFound(`Schedule ${scheduleId}`);
    const layout = await this.layout(scheduleId, row.seats.length);
    const last = this.maps.lastGood(scheduleId)?.availability;
    const availability = present(layout, row);
    return { layout, availability: last?.etag === availability.etag ? last : availability };
  }

  /** @param seatCount as the availability says: another number of seats is another layout */
  private async layout(scheduleId: number, seatCount: number): Promise<LayoutPart> {
    const key = `${scheduleId}:${seatCount}`;
    const known = this.layouts.get(key);
    if (known !== undefined) return known;
    const layout = await layoutOf(scheduleId, this.concerts.places(scheduleId));
    if (layout.seatCount !== seatCount) throw new Unavailable(`The map of schedule ${scheduleId}`); // its seats are being changed
    const last = this.maps.lastGood(scheduleId)?.layout;
    // The same again keeps its compressed forms.
    const part = last?.version === layout.version ? last : { ...layout, etag: `W/"${layout.version}"` };
    this.layouts.set(key, part);
    return part;
  }
}

function present({ version }: LayoutPart, { sale, seats }: AvailabilityRow): SeatMapPart {
  const availability: Availability = { layoutVersion: version, sale, seats: packed(seats) };
  const json = JSON.stringify(availability);
  return { json, etag: `W/"${createHash('sha1').update(json).digest('base64url')}"` };
}

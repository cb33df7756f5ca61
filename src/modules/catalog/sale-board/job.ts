import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../../common/clock';
import { forAll } from '../../../common/for-all';
import { DisplayTime } from '../../../common/calendar/display-time';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import { Lease } from '../../../platform/database/lease';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { WaitingRoomRegistry } from '../../waiting-room/registry';
import type { WaitingRoom } from '../../waiting-room/waiting-room';
import { BoardStore } from '../../waiting-room/status/board-store';
import type { Occupancy } from '../../waiting-room/state/admission-store';
import type { SaleFacts } from '../../waiting-room/status/schema';
import { CatalogMetrics } from '../metrics';
import type { ChanceOutcome, Supply } from './chances';
import { saleFactsOf, seatsOf } from './facts';
import { SaleBoardRepository } from './repository';
import { occupancyOf, SeatAdmission } from './seat-admission';

type Counted = {
  [K in 'sales' | 'counts' | 'holders' | 'bought']: Awaited<ReturnType<SaleBoardRepository[K]>>;
};

interface QueueFacts {
  queueId: string;
  /** undefined: it sells nothing. */
  sale: SaleFacts | undefined;
}

/** Counting takes at most this share of the time, as long as what it says is no older than a second. */
const COUNTING_SHARE = 0.05;
const LONGEST_PAUSE_MS = 1000;
/** What was counted stays published, with its age, until somebody counts again; after a day it expires. */
const SALE_FACTS_MS = 86_400_000;
/** If no worker counts for this long, seats no longer limit admission, unless all are sold. */
const ADMISSION_LIFE_MS = 15_000;
const NO_HOLDERS = { count: 0, ending: [] };

/**
 * Tells waiting users the state of their queue’s sale and how many seats are left. One worker at a time counts, by lease, and
 * only as often as counting is cheap. The counts also limit admission: nobody is admitted while every seat is sold or held.
 */
@scoped(Lifecycle.ContainerScoped)
export class SaleBoardJob {
  private readonly lease: Lease;
  private readonly admissions = new Map<string, SeatAdmission>();
  private lastPayment: number | undefined;
  private readonly states = new Map<string, SaleFacts['state']>();
  /** Further users of each queue that the seats allow, as of this count. */
  private readonly admissible = new Map<string, number>();
  private nextAtMs = -Infinity;
  /** Those that were reported. */
  private readonly unknownQueues = new Set<string>();

  constructor(
    database: Database,
    private readonly sales: SaleBoardRepository,
    private readonly boards: BoardStore,
    private readonly rooms: WaitingRoomRegistry,
    private readonly displayTime: DisplayTime,
    private readonly metrics: CatalogMetrics,
    @inject(CONFIG) private readonly config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.lease = new Lease(database, `sale-board of ${config.QUEUE_ID}`);
  }

  /** @throws DatabaseUnavailable, RedisUnavailable */
  async turn(): Promise<void> {
    const startedAtMs = monotonicMs();
    if (startedAtMs < this.nextAtMs) return;
    if (!(await this.lease.hold())) {
      this.metrics.freeSeats.forget();
      this.metrics.admissibleBySeats.forget();
      return;
    }
    const countedAtMs = monotonicMs();
    this.nextAtMs = countedAtMs + LONGEST_PAUSE_MS; // also when it fails: it may have been too much
    const before = new Map(this.rooms.all.map((room) => [room, occupancyOf(room)]));
    const counted = await this.count();
    const tookMs = monotonicMs() - countedAtMs;
    this.nextAtMs = countedAtMs + Math.min(LONGEST_PAUSE_MS, tookMs / COUNTING_SHARE);
    this.reportUnknownQueues(counted.sales);
    const facts: QueueFacts[] = [];
    this.admissible.clear();
    await forAll(before, async ([room, occupancy]) => {
      const sale = await this.follow(room, occupancy, counted);
      facts.push({ queueId: room.queueId, sale });
    }).finally(() => this.report(facts));
  }

  /** Nobody can buy there: no token is good for such a queue. Concerts may be written by SQL, and QUEUES may be changed. */
  private reportUnknownQueues(sales: Counted['sales']): void {
    for (const { queueId, sale } of sales) {
      const isForSale = sale === 'OPEN' || sale === 'BEFORE';
      if (!isForSale || this.unknownQueues.has(queueId)) continue;
      if (this.rooms.find(queueId) !== undefined) continue;
      this.unknownQueues.add(queueId);
      this.logger.warn({ queueId }, 'concerts name a queue that does not exist, and cannot be sold');
    }
  }

  private async count(): Promise<Counted> {
    const lastPayment = await this.sales.lastPayment();
    const after = this.lastPayment ?? lastPayment;
    const holders = await this.sales.holders(this.config.QUEUE_IDLE_TIMEOUT_SECONDS); // before the seats: see admit-up-to-4.lua
    const counted = {
      holders,
      sales: await this.sales.sales(),
      counts: await this.sales.counts(),
      bought: lastPayment > after ? await this.sales.bought(after, lastPayment) : [],
    };
    this.lastPayment = lastPayment;
    return counted;
  }

  /** Publishes the state of a queue’s sale, and limits admission by it. */
  private async follow(
    room: WaitingRoom,
    before: Occupancy,
    { sales, counts, holders, bought }: Counted,
  ): Promise<SaleFacts | undefined> {
    const { queueId } = room;
    const isOurs = (row: { queueId: string }): boolean => row.queueId === queueId;
    const sale = saleFactsOf(sales.filter(isOurs), counts.filter(isOurs), (at) =>
      this.displayTime.withOffset(at),
    );
    if (sale === undefined) {
      if (this.states.get(queueId) !== undefined)
        await room.admitBySeats({ users: undefined, before, holders: NO_HOLDERS, lifeMs: 0 });
      return undefined;
    }
    const admission = this.admissionOf(queueId);
    admission.learn(before, bought.find(isOurs) ?? { buyers: 0, seats: 0, seatsSquared: 0 });
    const seats = seatsOf(counts.filter(isOurs));
    const users =
      this.config.QUEUE_ADMIT_BY_SEATS === 'on' ? admission.demand.usersFor(seats.free) : undefined;
    const isForSale = sale.state === 'OPEN' || sale.state === 'WAITLIST';
    const undecided = await room.admitBySeats({
      users,
      before,
      holders: holders.find(isOurs) ?? NO_HOLDERS,
      lifeMs: isForSale || sale.state === 'NOT_OPEN' ? ADMISSION_LIFE_MS : 0, // what is sold stays so while nobody counts
    });
    if (users !== undefined) this.admissible.set(queueId, Math.max(0, users - undecided));
    const supply: Supply = { ...seats, undecided };
    const chances = isForSale ? admission.chances(supply) : undefined;
    const countedAtMs = Math.round(room.snapshot.nowMs);
    await this.boards.writeSale(
      queueId,
      { ...sale, ...(chances && { chances }), countedAtMs },
      SALE_FACTS_MS,
    );
    const isSoldOut = sale.state === 'SOLD_OUT' || sale.state === 'CLOSED';
    this.observe(queueId, admission, admission.calibrate(room, isForSale ? supply : undefined, isSoldOut));
    return sale;
  }

  private observe(queue: string, { demand }: SeatAdmission, outcomes: ChanceOutcome[]): void {
    this.metrics.conversion.set({ queue }, demand.conversion);
    this.metrics.seatsPerBuyer.set({ queue }, demand.seatsPerBuyer);
    for (const { word, isServed, squaredError } of outcomes) {
      this.metrics.chanceOutcomes.inc({ queue, chance: word, outcome: isServed ? 'served' : 'sold_out' });
      this.metrics.chanceError.inc({ queue }, squaredError);
    }
  }

  private admissionOf(queueId: string): SeatAdmission {
    const known = this.admissions.get(queueId);
    if (known !== undefined) return known;
    const made = new SeatAdmission();
    this.admissions.set(queueId, made);
    return made;
  }

  async stop(): Promise<void> {
    await this.lease.release();
  }

  private report(facts: QueueFacts[]): void {
    for (const { queueId, sale } of facts) {
      const before = this.states.get(queueId);
      if (before === sale?.state) continue;
      this.states.set(queueId, sale?.state);
      this.logger.info({ queueId, from: before, to: sale?.state }, 'state of a sale changed');
    }
    this.metrics.admissibleBySeats.setAll(
      [...this.admissible].map(([queue, value]) => ({ labels: { queue }, value })),
    );
    this.metrics.freeSeats.setAll(
      facts.flatMap(({ queueId, sale }) =>
        (sale?.left ?? []).map(({ name, amount, seats }) => ({
          labels: { queue: queueId, price_class: name, amount: String(amount) },
          value: seats,
        })),
      ),
    );
  }
}

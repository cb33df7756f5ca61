import { container as root, type DependencyContainer } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { HoldBatch } from '../../modules/orders/holds/hold-batch';
import { PaymentBatch } from '../../modules/payments/batch';
import { LayoutService } from '../../modules/organizer/layouts/service';
import { ConcertAdminService } from '../../modules/organizer/programme/concert-service';
import { ProgrammeRepository } from '../../modules/organizer/programme/repository';
import { ScheduleAdminService } from '../../modules/organizer/programme/schedule-service';
import { Database } from '../../platform/database/database';

const ACTOR = { name: 'seed', role: 'cli' };
const DAY_MS = 86_400_000;
const CONCERT_MS = 9_000_000;
const HOLD_SECONDS = 300;
/** The sold-out hall is sold by it, so that no session of a real queue seems to have paid. */
const QUEUE = 'seed';

const GRAND_HALL = [
  { name: 'Floor', rows: 16, seatsPerRow: 30, priceClass: 'VIP', accessibleRows: [16] },
  { name: 'Terrace', rows: 10, seatsPerRow: 32, priceClass: 'R' },
  { name: 'Balcony', rows: 8, seatsPerRow: 25, priceClass: 'A' },
];
const CLUB = [{ name: 'Club', rows: 5, seatsPerRow: 8, priceClass: 'Standing' }];

const EXISTS = 'SELECT 1 FROM concert WHERE title = ?';
const SEATS = 'SELECT id FROM concert_seat WHERE schedule_id = ? ORDER BY id';

interface Show {
  title: string;
  grid: typeof GRAND_HALL | typeof CLUB;
  prices: Record<string, number>;
  startsInMs: number;
  opensInMs?: number;
}

const GRAND_PRICES = { VIP: 180_000, R: 130_000, A: 90_000 };
const OPENING: Show = {
  title: 'Opening in a Minute',
  grid: GRAND_HALL,
  prices: GRAND_PRICES,
  startsInMs: 60 * DAY_MS,
  opensInMs: 60_000,
};
const PAST: Show = {
  title: 'Last Week’s Encore',
  grid: GRAND_HALL,
  prices: GRAND_PRICES,
  startsInMs: -7 * DAY_MS,
};
const SOLD_OUT: Show = {
  title: 'Forty Seats Only',
  grid: CLUB,
  prices: { Standing: 80_000 },
  startsInMs: 45 * DAY_MS,
};

/** Three concerts as an organizer makes them: one whose sale opens in a minute, one sold out, one past. */
export class ShopSeed {
  private readonly container: DependencyContainer;

  constructor(
    private readonly database: Database,
    config: Config,
  ) {
    this.container = root.createChildContainer();
    this.container.registerInstance(CONFIG, config);
    this.container.registerInstance(Database, database);
  }

  /** Leaves alone what is there. @returns how many concerts were added */
  async add(): Promise<number> {
    let added = 0;
    for (const show of [OPENING, PAST, SOLD_OUT]) {
      if ((await this.database.query(EXISTS, [show.title])).length > 0) continue;
      const scheduleId = await this.publish(show, show === SOLD_OUT ? QUEUE : null);
      if (show === SOLD_OUT) await this.sellOut(scheduleId);
      added++;
    }
    return added;
  }

  private async publish(
    { title, grid, prices, startsInMs, opensInMs }: Show,
    queueId: string | null,
  ): Promise<number> {
    const schedules = this.container.resolve(ScheduleAdminService);
    const { layoutId } = await this.container.resolve(LayoutService).create(ACTOR, { name: title, grid });
    const concert = await this.database.modelTransaction((tx) =>
      this.container.resolve(ProgrammeRepository).createConcert(tx, title, queueId),
    );
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
    const { view } = await schedules.create(ACTOR, concert.id, {
      startsAt: at(startsInMs),
      endsAt: at(startsInMs + CONCERT_MS),
      layoutId,
      prices,
      ...(opensInMs === undefined ? {} : { opensAt: at(opensInMs) }),
    });
    await schedules.publish(ACTOR, view.scheduleId, undefined);
    return view.scheduleId;
  }

  /** A seat each to the first users, by the statements that sell. The concert is then the main queue's. */
  private async sellOut(scheduleId: number): Promise<void> {
    const seats = await this.database.query<{ id: number }>(SEATS, [scheduleId]);
    const [holds, payments] = [this.container.resolve(HoldBatch), this.container.resolve(PaymentBatch)];
    for (const [index, { id }] of seats.entries())
      await this.database.transaction(async (tx) => {
        const user = { userId: index + 1, queueId: QUEUE, gen: scheduleId, seq: index + 1 };
        const rules = { holdSeconds: HOLD_SECONDS, seatLimit: 0 };
        const [held] = await holds.work(tx, [{ user, scheduleId, seatIds: [id] }], rules);
        if (held?.kind !== 'done') throw new Error(`Seat ${id} was not held.`);
        const [row] = held.value.rows;
        const [paid] = await payments.work(tx, [{ user, reservationId: row?.id ?? 0 }]);
        if (paid?.kind !== 'done') throw new Error(`Seat ${id} was not sold.`);
      });
    const { view } = await this.container.resolve(ScheduleAdminService).find(scheduleId);
    const anyVersion = undefined;
    await this.container
      .resolve(ConcertAdminService)
      .edit(ACTOR, view.concertId, anyVersion, { queueId: null });
  }
}

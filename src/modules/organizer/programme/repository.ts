import { Lifecycle, scoped } from 'tsyringe';
import { Op } from 'sequelize';
import { NotFound } from '../../../common/errors';
import { Database, type ModelTransaction, UTF8 } from '../../../platform/database/database';
import { CatalogModels, type Concert, type Schedule, type SeatStatus } from '../../catalog/models';
import type { PageQuery } from '../paging';
import type { ScheduleQuery } from './schema';

const MAX_LISTED = 1000;

/** The seats of the layout's document, each at the price of its class; the server reads the document itself. */
const INSERT_SEATS = `
  INSERT INTO concert_seat (schedule_id, position, amount, section, row_label, seat_number, price_class, is_accessible, x, y)
  SELECT p.schedule_id, s.position, p.amount, s.section, s.row_label, s.seat_number, p.name, s.is_accessible, s.x, s.y
    FROM layout l,
         JSON_TABLE(l.document, '$.seats[*]' COLUMNS (
           position FOR ORDINALITY, section VARCHAR(40) ${UTF8} PATH '$.section',
           row_label VARCHAR(10) ${UTF8} PATH '$.row', seat_number VARCHAR(10) ${UTF8} PATH '$.number',
           price_class VARCHAR(40) ${UTF8} PATH '$.priceClass',
           is_accessible BOOLEAN PATH '$.accessible', x INT PATH '$.x', y INT PATH '$.y')) s
    JOIN price_class p ON p.schedule_id = ? AND p.name = s.price_class
   WHERE l.id = ?
   ORDER BY s.position`;

export type SeatCounts = Record<SeatStatus, number>;

/** Concerts and schedules, for their organizer. An edit locks the row first, then compares its version. */
@scoped(Lifecycle.ContainerScoped)
export class ProgrammeRepository {
  constructor(
    private readonly database: Database,
    private readonly models: CatalogModels,
  ) {}

  /** Newest first. */
  async listConcerts({ before = Number.MAX_SAFE_INTEGER }: PageQuery): Promise<Concert[]> {
    const where = { id: { [Op.lt]: before } };
    return this.database.modelTransaction(({ transaction }) =>
      this.models.concert.findAll({ where, order: [['id', 'DESC']], limit: MAX_LISTED, transaction }),
    );
  }

  async createConcert(
    { transaction }: ModelTransaction,
    title: string,
    queueId: string | null,
  ): Promise<Concert> {
    return this.models.concert.create({ title, queueId }, { transaction });
  }

  /** @throws NotFound (404) */
  async findConcert({ transaction }: ModelTransaction, id: number): Promise<Concert> {
    return found(await this.models.concert.findByPk(id, { transaction }), `Concert ${id}`);
  }

  /** Locks the concert until the transaction ends. @throws NotFound (404) */
  async lockConcert({ transaction }: ModelTransaction, id: number): Promise<Concert> {
    const lock = transaction.LOCK.UPDATE;
    return found(await this.models.concert.findByPk(id, { lock, transaction }), `Concert ${id}`);
  }

  async listSchedules({ concertId, state, after }: ScheduleQuery): Promise<Schedule[]> {
    const where = {
      ...(concertId === undefined ? {} : { concertId }),
      ...(state === undefined ? {} : { state }),
      ...(after === undefined ? {} : { id: { [Op.gt]: after } }),
    };
    return this.database.modelTransaction(({ transaction }) =>
      this.models.schedule.findAll({ where, order: ['id'], limit: MAX_LISTED, transaction }),
    );
  }

  /** With its price classes. @throws NotFound (404) */
  async findSchedule({ transaction }: ModelTransaction, id: number): Promise<Schedule> {
    const schedule = await this.models.schedule.findByPk(id, { include: ['priceClasses'], transaction });
    return found(schedule, `Schedule ${id}`);
  }

  /** Locks the schedule until the transaction ends. @throws NotFound (404) */
  async lockSchedule({ transaction }: ModelTransaction, id: number): Promise<Schedule> {
    const lock = transaction.LOCK.UPDATE;
    return found(await this.models.schedule.findByPk(id, { lock, transaction }), `Schedule ${id}`);
  }

  /** The clock by which sales windows are judged. */
  async now(tx: ModelTransaction): Promise<Date> {
    const [row] = await tx.query<{ now: Date }>('SELECT NOW(3) AS now');
    if (row === undefined) throw new Error('The database tells no time.');
    return row.now;
  }

  /** A draft with all seats of its layout. */
  async createSchedule(
    tx: ModelTransaction,
    fields: Pick<
      Schedule,
      'concertId' | 'startsAt' | 'endsAt' | 'opensAt' | 'closesAt' | 'refundableUntil' | 'seatsPerUser'
    > & { layoutId: number },
    prices: ReadonlyMap<string, number>,
  ): Promise<Schedule> {
    const { transaction } = tx;
    const schedule = await this.models.schedule.create({ ...fields, state: 'DRAFT' }, { transaction });
    const classes = [...prices].map(([name, amount]) => ({
      scheduleId: schedule.id,
      name,
      amount,
    }));
    await this.models.priceClass.bulkCreate(classes, { transaction });
    await tx.execute(INSERT_SEATS, [schedule.id, fields.layoutId]);
    return schedule;
  }

  async countSeats({ transaction }: ModelTransaction, scheduleId: number): Promise<SeatCounts> {
    const counts: SeatCounts = { AVAILABLE: 0, TEMP_RESERVED: 0, RESERVED: 0, BLOCKED: 0 };
    const rows = (await this.models.seat.count({
      where: { scheduleId },
      attributes: ['status'],
      group: ['status'],
      transaction,
    })) as unknown as { status: SeatStatus; count: number }[];
    for (const { status, count } of rows) counts[status] = count;
    return counts;
  }

  /** Locks the seats, in ascending id as sales do. @returns the status of each that the schedule has */
  async lockSeats(
    { transaction }: ModelTransaction,
    scheduleId: number,
    seatIds: number[],
  ): Promise<{ id: number; status: SeatStatus }[]> {
    return this.models.seat.findAll({
      where: { scheduleId, id: seatIds },
      attributes: ['id', 'status'],
      order: ['id'],
      lock: transaction.LOCK.UPDATE,
      raw: true,
      transaction,
    });
  }

  async setSeatStatus(
    { transaction }: ModelTransaction,
    seatIds: number[],
    status: 'AVAILABLE' | 'BLOCKED',
  ): Promise<void> {
    await this.models.seat.update({ status }, { where: { id: seatIds }, transaction });
  }
}

function found<T>(row: T | null, what: string): T {
  if (row === null) throw new NotFound(what);
  return row;
}

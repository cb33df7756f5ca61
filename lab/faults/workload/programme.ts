import type { MariaDb } from '../system/mariadb.ts';
import { pick, type Random } from '../random.ts';

const ROWS_AT_ONCE = 1000;

/** The programme and the users of a run, made directly in the database. */
export class Programme {
  readonly price: number;
  isClosed = false;
  private readonly schedules: { id: number; seats: number[] }[];
  private readonly bySeat = new Map<number, number>();
  private readonly firstUser: number;
  private readonly users: number;
  private at = 0;
  private taken = 0;

  private constructor(schedules: Programme['schedules'], firstUser: number, users: number, price: number) {
    this.schedules = schedules;
    this.firstUser = firstUser;
    this.users = users;
    this.price = price;
    for (const { id, seats } of schedules) for (const seat of seats) this.bySeat.set(seat, id);
  }

  /** @param o balance: each user's at the start */
  static async build(
    mariadb: MariaDb,
    o: { users: number; schedules: number; seats: number; price: number; balance?: number },
  ): Promise<Programme> {
    const connection = await mariadb.connect();
    try {
      const insert = async (sql: string, binds: unknown[] = []): Promise<number> =>
        (await connection.query<{ insertId: number }>(sql, binds)).insertId;
      const balance = o.balance ?? 0;
      let firstUser = 0;
      for (let done = 0; done < o.users; done += ROWS_AT_ONCE) {
        const count = Math.min(ROWS_AT_ONCE, o.users - done);
        const rows = Array.from({ length: count }, (_, i) => `('User ${done + i}', ${balance})`);
        const first = await insert(`INSERT INTO member (name, balance) VALUES ${rows.join(',')}`);
        if (done === 0) firstUser = first;
      }
      if (balance > 0)
        await insert(
          `INSERT INTO payment_history (user_id, kind, amount, balance_after)
           SELECT id, 'CHARGE', balance, balance FROM member WHERE id >= ?`,
          [firstUser],
        );
      const concert = await insert("INSERT INTO concert (title) VALUES ('Fault run')");
      const schedules = [];
      for (let i = 0; i < o.schedules; i++) {
        const id = await insert(
          `INSERT INTO concert_schedule (concert_id, starts_at, ends_at, refundable_until)
           VALUES (?, NOW(3) + INTERVAL 30 DAY, NOW(3) + INTERVAL 31 DAY, NOW(3) + INTERVAL 29 DAY)`,
          [concert],
        );
        const rows = Array.from({ length: o.seats }, (_, seat) => `(${id}, ${seat + 1}, ${o.price})`);
        await insert(`INSERT INTO concert_seat (schedule_id, position, amount) VALUES ${rows.join(',')}`);
        const seats = await connection.query<{ id: number }[]>(
          'SELECT id FROM concert_seat WHERE schedule_id = ? ORDER BY position',
          [id],
        );
        schedules.push({ id, seats: seats.map((seat) => seat.id) });
      }
      return new Programme(schedules, firstUser, o.users, o.price);
    } finally {
      connection.destroy();
    }
  }

  /** The schedule that everybody wants now. */
  get scheduleId(): number {
    return this.current.id;
  }

  get seatCount(): number {
    return this.bySeat.size;
  }

  scheduleOf(seatId: number): number {
    return this.bySeat.get(seatId) ?? 0;
  }

  /** A schedule has no seats left to choose from: on to the next one. */
  next(scheduleId: number): void {
    if (this.current.id !== scheduleId) return; // somebody else has said so
    if (this.at < this.schedules.length - 1) this.at += 1;
    else this.isClosed = true;
  }

  /** For who was shown no list. */
  someSeats(random: Random): number[] {
    return [pick(random, this.current.seats)];
  }

  seatsOf(schedule: number): number[] {
    return this.schedules[schedule]?.seats ?? [];
  }

  /** A user who has not arrived yet. */
  newcomer(): number {
    if (this.taken >= this.users) throw new Error('More buyers than users.');
    return this.firstUser + this.taken++;
  }

  private get current(): { id: number; seats: number[] } {
    const schedule = this.schedules[this.at];
    if (schedule === undefined) throw new Error('The programme has no schedules.');
    return schedule;
  }
}

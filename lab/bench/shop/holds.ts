import { addSeats, addUsers, SEATS_PER_SCHEDULE } from '../lib/database.ts';
import { RESERVE, requestText } from '../lib/http.ts';
import { writeValues } from '../lib/load.ts';
import { FIRST_USER, itemOf, RESERVING } from '../lib/sales/items.ts';
import type { Line } from '../lib/sales/line.ts';

/** Of a server whose users hold for as long as a benchmark lasts. */
export const QUEUE = {
  QUEUE_MAX_ACTIVE: RESERVING,
  QUEUE_SESSION_SECONDS: 86_400,
  QUEUE_IDLE_TIMEOUT_SECONDS: 0,
  MAX_SEATS_PER_USER: 10_000, // counted, but a few buyers take all seats
};

/** Requests for holds, each of another seat. */
export class Holds {
  /** The next of the file that nobody has sent. */
  next = 0;
  file = '';
  private readonly tokens: string[];
  private seats = 0;

  private constructor(tokens: string[]) {
    this.tokens = tokens;
  }

  /** Makes the seats and the users, whom the queue admits. */
  static async of(line: Line, seats: number): Promise<Holds> {
    await addUsers(FIRST_USER, RESERVING);
    const users = await line.seed({ count: RESERVING, cap: RESERVING, firstUser: FIRST_USER });
    const holds = new Holds(users.map(({ token }) => token));
    await holds.add(seats);
    return holds;
  }

  /** Makes at least as many new seats; what is unused of those before is left aside. */
  async add(seats: number): Promise<void> {
    const from = this.seats;
    this.seats += Math.ceil(seats / SEATS_PER_SCHEDULE) * SEATS_PER_SCHEDULE;
    await addSeats(from, this.seats);
    this.file = writeValues(Array.from({ length: this.seats - from }, (_, i) => this.request(from + i)));
    this.next = 0;
  }

  private request(index: number): string {
    const { scheduleId, seatId } = itemOf('reserve', index);
    const token = this.tokens[index % RESERVING] ?? '';
    return requestText({ path: RESERVE, token, body: { scheduleId, seatId } });
  }
}

import { addSeats, addUsers } from '../lib/database.ts';
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
  /** The next that nobody has sent. */
  next = 0;

  readonly file: string;

  private constructor(file: string) {
    this.file = file;
  }

  /** Makes the seats and the users, whom the queue admits. */
  static async of(line: Line, seats: number): Promise<Holds> {
    await addSeats(0, seats);
    await addUsers(FIRST_USER, RESERVING);
    const users = await line.seed({ count: RESERVING, cap: RESERVING, firstUser: FIRST_USER });
    const requests = Array.from({ length: seats }, (_, i) => {
      const { scheduleId, seatId } = itemOf('reserve', i);
      const token = users[i % RESERVING]?.token ?? '';
      return requestText({ path: RESERVE, token, body: { scheduleId, seatId } });
    });
    return new Holds(writeValues(requests));
  }
}

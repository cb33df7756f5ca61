import fc from 'fast-check';
import { bestSeats, Hall, type HallSeat } from '../../../src/modules/orders/holds/best-seats';
import type { Order } from '../../../src/modules/orders/order-schema';
import { at } from '../../support/at';
import { outcome } from '../../support/clients/buyer';
import { dataOf, OrganizerClient } from '../../support/rows/organizer';
import { UNHURRIED, useService } from '../../support/suite';

/** Rows of a hall, `true` for a free seat; ids go from 1. */
function hallOf(rows: boolean[][]): HallSeat[] {
  const seats = rows.flatMap((row, y) => row.map((isFree, x) => ({ row: String(y), x, y, isFree })));
  return seats.map((seat, i) => {
    const id = i + 1;
    return { ...seat, id, position: id, section: 'A', isSold: !seat.isFree, isWanted: true };
  });
}

/** @param max how many of the best; all of a small hall */
async function choicesOf(seats: HallSeat[], count: number, max = 100): Promise<number[][]> {
  const hall = new Hall();
  for (const seat of seats) hall.add([seat]);
  return bestSeats(hall, count, max);
}

describe('the choice of adjacent seats', () => {
  const rows = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), { maxLength: 4 });
  const count = fc.integer({ min: 1, max: 4 });
  /** Free seats of the row that nobody free is next to, once the choice is taken. */
  const aloneIn = (row: HallSeat[], choice: number[]): number[] => {
    const isFree = (seat: HallSeat | undefined): boolean =>
      seat?.isFree === true && !choice.includes(seat.id);
    return row
      .filter((seat, i) => isFree(seat) && !isFree(row[i - 1]) && !isFree(row[i + 1]))
      .map(({ id }) => id);
  };

  it('is of free seats of one row, next to each other, and misses none that there is', async () => {
    await fc.assert(
      fc.asyncProperty(rows, count, async (plan, wanted) => {
        const hall = hallOf(plan);
        const choices = await choicesOf(hall, wanted);
        for (const choice of choices) {
          const seats = choice.map((id) => at(hall, id - 1));
          expect(seats.every(({ isFree }) => isFree)).toBe(true);
          expect(new Set(seats.map(({ row }) => row)).size).toBe(1);
          expect(choice).toEqual(choice.map((_, i) => at(choice, 0) + i));
        }
        const isFrom = (row: boolean[], x: number): boolean =>
          x + wanted <= row.length && row.slice(x, x + wanted).every(Boolean);
        const starts = plan.flatMap((row) => row.filter((_, x) => isFrom(row, x)));
        expect(choices).toHaveLength(starts.length);
        expect(await choicesOf(hall, wanted, 3)).toEqual(choices.slice(0, 3));
      }),
    );
  });

  it('leaves no single seat over where that can be helped', async () => {
    await fc.assert(
      fc.asyncProperty(rows, count, async (plan, wanted) => {
        const hall = hallOf(plan);
        const leavesOver = (choice: number[]): boolean => {
          const row = hall.filter((seat) => seat.row === at(hall, at(choice, 0) - 1).row);
          return aloneIn(row, choice).some((id) => !aloneIn(row, []).includes(id));
        };
        const choices = await choicesOf(hall, wanted);
        const firstThatDoes = choices.findIndex(leavesOver);
        if (firstThatDoes === -1) return;
        expect(choices.slice(firstThatDoes).filter((choice) => !leavesOver(choice))).toEqual([]);
      }),
    );
  });
});

it('the choice in a large hall lets the event loop turn', async () => {
  let turns = 0;
  const count = (): void => {
    turns++;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  const [best] = await choicesOf(hallOf([Array.from({ length: 20_001 }, () => true)]), 1, 1);
  clearImmediate(immediate);
  expect([best, turns >= 4]).toEqual([[10_001], true]);
});

describe('an order of the best seats', () => {
  const app = useService({ ...UNHURRIED, MANAGEMENT_PORT: 0, MAX_SEATS_PER_USER: 20 });
  let organizer: OrganizerClient;
  beforeAll(async () => {
    organizer = await app.operator('admin');
  });

  const order = async (scheduleId: number, best: object): Promise<string> =>
    outcome(await (await app.buyer(1000)).order({ scheduleId, best }));

  it('chooses adjacent seats, and leaves no single seat over', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(5);
    const [buyer, other] = [await app.buyer(), await app.buyer()];
    await other.hold(id, at(seats, 2).id); // two free on each side
    const chosen = dataOf<Order>(await buyer.order({ scheduleId: id, best: { count: 2 } }));
    expect([
      [1, 2],
      [4, 5],
    ]).toContainEqual(chosen.seats.map(({ position }) => position));
    expect(await order(id, { count: 3 })).toBe('409 NO_ADJACENT_SEATS');
  });

  it('is refused as sold out only when all is sold: what others hold may be free again', async () => {
    const { scheduleId } = await organizer.published({ rows: 1, seatsPerRow: 3 });
    const buyer = await app.buyer(1000);
    const { orderId } = dataOf<Order>(await buyer.order({ scheduleId, best: { count: 3 } }));
    expect(await order(scheduleId, { count: 1 })).toBe('409 NO_ADJACENT_SEATS');
    dataOf(await buyer.actOn(orderId, 'payment'));
    expect(await order(scheduleId, { count: 1 })).toBe('409 002');
  });

  it('is of the class that is wanted, and 404 for a class that the schedule has not', async () => {
    const { scheduleId } = await organizer.published({ rows: 1, seatsPerRow: 3 });
    expect(await order(scheduleId, { count: 1, priceClass: 'X' })).toBe('404 404');
    expect(await order(scheduleId, { count: 4, priceClass: 'R' })).toBe('409 NO_ADJACENT_SEATS');
    expect(await order(scheduleId, { count: 3, priceClass: 'R' })).toBe('200');
  });

  it('is found behind the first 5,000 seats as well', async () => {
    const { id } = await app.given.scheduleWithSeats(5003);
    await app.admin.execute(
      "UPDATE concert_seat SET status = 'BLOCKED' WHERE schedule_id = ? AND position <= 5001",
      [id],
    );
    expect(await order(id, { count: 2 })).toBe('200');
  });

  it('is 404 for a draft and for no schedule at all', async () => {
    const { scheduleId } = await organizer.draft();
    expect(await order(scheduleId, { count: 20 })).toBe('404 404');
    expect(await order(999_999_999, { count: 1 })).toBe('404 404');
  });
});

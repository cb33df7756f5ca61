import type { InvariantReport, InvariantResult } from '../../../src/modules/invariants/schema';
import type { SqlExecutor } from '../../../src/platform/database/database';
import { at } from '../at';
import type { Scratch } from './scratch';
import { Shop } from './shop';

/** What happened in a shop before a test breaks something: seat 0 is sold, seat 1 is held, the hold of seat 2 was canceled. */
export interface Day {
  shop: Shop;
  sold: { reservationId: number; paymentId: number; seatId: number };
  held: { reservationId: number; seatId: number };
}

export async function aDay(scratch: Scratch): Promise<Day> {
  const shop = await Shop.open(scratch);
  const seatId = at(shop.seatIds, 0);
  const sold = { ...(await shop.buy(seatId)), seatId };
  const held = { reservationId: await shop.hold(at(shop.seatIds, 1)), seatId: at(shop.seatIds, 1) };
  const id = await shop.hold(at(shop.seatIds, 2));
  await shop.given.holdIsPast(id);
  await scratch.app.transaction((tx) => shop.sales.expiry.expireHolds(tx, 10));
  await shop.charge(250);
  return { shop, sold, held };
}

export const verdictsOf = ({ results }: InvariantReport): Record<string, string> =>
  Object.fromEntries(results.map(({ id, verdict }) => [id, verdict]));

export const resultOf = ({ results }: InvariantReport, id: string): InvariantResult => {
  const result = results.find((r) => r.id === id);
  if (result === undefined) throw new Error(`no ${id}`);
  return result;
};

/** Writes what the constraints forbid. */
export const unchecked = async (tx: SqlExecutor, ...statements: string[]): Promise<void> => {
  await tx.execute('SET SESSION check_constraint_checks = 0, foreign_key_checks = 0');
  try {
    for (const sql of statements) await tx.execute(sql);
  } finally {
    await tx.execute('SET SESSION check_constraint_checks = 1, foreign_key_checks = 1');
  }
};

export const copyOf = (reservationId: number, status: string): string => `
  INSERT INTO reservation (user_id, schedule_id, seat_id, status, concert_title, starts_at, ends_at, seat_position, amount,
                           reserved_at, held_until)
  SELECT user_id, schedule_id, seat_id, '${status}', concert_title, starts_at, ends_at, seat_position, amount,
         reserved_at, held_until
    FROM reservation WHERE id = ${reservationId}`;

/** Something that no code may do, and what the check must say of it. */
export type Violation = [
  what: string,
  sql: (day: Day) => string[],
  invariant: string,
  finding: string,
  row: (day: Day) => object,
];

import { Lifecycle, scoped } from 'tsyringe';
import { demand, done, type Outcome, refused } from '../../../platform/database/batch/outcome';
import { answersOf, type SqlTransaction } from '../../../platform/database/database';
import { BalanceRepository } from '../../accounts/repository';
import { appendEvents } from '../../outbox/append';
import { reservationMade } from '../../outbox/events';
import { ScheduleSoldOut, SeatNotAvailable } from '../errors';
import { ExpiryRepository } from '../expiry/expiry-repository';
import { OrderRepository } from '../order-repository';
import {
  type Decision,
  type Held,
  type HoldRequest,
  HoldRound,
  type HoldRules,
  type Won,
} from './hold-round';
import { HoldRepository } from './hold-repository';
import { HoldWriter } from './hold-writer';
import type { HeldRow } from './hold-rows';

export type { Held, HoldRequest } from './hold-round';

type Written = Map<Decision, WrittenOrder>;

interface WrittenOrder {
  orderId: number;
  rows: HeldRow[];
  leftMs: number;
}

/**
 * Holds, many in one transaction (ADR 15): lock what they want, read what decides, decide in the order of arrival, write.
 * The statement that sells judges everything again; should it match other seats than were decided, nothing is written.
 */
@scoped(Lifecycle.ContainerScoped)
export class HoldBatch {
  constructor(
    private readonly balances: BalanceRepository,
    private readonly holds: HoldRepository,
    private readonly writer: HoldWriter,
    private readonly expiry: ExpiryRepository,
    private readonly orders: OrderRepository,
  ) {}

  async work(tx: SqlTransaction, requests: HoldRequest[], rules: HoldRules): Promise<Outcome<Held>[]> {
    const round = await this.look(tx, requests, rules);
    const decisions = requests.map((request) => round.decide(request));
    await this.nameReasons(tx, decisions);
    const held = await this.write(tx, decisions, round.now, rules);
    const outcomes = decisions.map((decision) => outcomeOf(decision, held));
    await this.addOrders(tx, requests, outcomes);
    return outcomes;
  }

  /** Locks users, then schedules, then the free seats, each in ascending order, and reads what else decides: one round trip. */
  private async look(tx: SqlTransaction, requests: HoldRequest[], rules: HoldRules): Promise<HoldRound> {
    const wanted = requests.flatMap(({ user, scheduleId, seatIds }) =>
      seatIds.map((seatId) => ({ user, scheduleId, seatId })),
    );
    const userIds = requests.map(({ user }) => user.userId);
    // A user whose row another transaction has is to keep nobody else waiting.
    const isAlone = requests.length === 1;
    const [lockedUsers, schedules, seats, facts] = await answersOf([
      this.balances.lockUsers(tx, userIds, isAlone),
      this.holds.lockSchedules(
        tx,
        requests.map(({ scheduleId }) => scheduleId),
      ),
      this.holds.lockFreeSeats(
        tx,
        wanted.map(({ seatId }) => seatId),
      ),
      this.holds.factsOf(tx, wanted),
    ]);
    const users = new Set(isAlone ? userIds : lockedUsers.keys());
    return new HoldRound({ users, schedules, seats, facts, rules, mainQueueId: this.holds.mainQueueId });
  }

  /** Reads the orders of those who have asked for more than a seat. */
  private async addOrders(
    tx: SqlTransaction,
    requests: HoldRequest[],
    outcomes: Outcome<Held>[],
  ): Promise<void> {
    const held = outcomes.flatMap((outcome, i) =>
      outcome.kind === 'done' && requests[i]?.isOrder === true ? [outcome.value] : [],
    );
    if (held.length === 0) return;
    const orders = await this.orders.find(
      tx,
      held.map(({ orderId }) => orderId),
    );
    const byId = new Map(orders.map((order) => [order.id, order]));
    for (const each of held) {
      const order = byId.get(each.orderId);
      if (order !== undefined) each.order = order;
    }
  }

  /** Of the seats that are gone: whether all others are as well. */
  private async nameReasons(tx: SqlTransaction, decisions: Decision[]): Promise<void> {
    const late = decisions.filter((decision) => decision.kind === 'gone');
    const soldOut = await this.holds.soldOut(
      tx,
      late.map(({ scheduleId }) => scheduleId),
    );
    for (const decision of late) decision.isSoldOut = soldOut.has(decision.scheduleId);
  }

  private async write(
    tx: SqlTransaction,
    decisions: Decision[],
    reservedAt: Date,
    { holdSeconds }: HoldRules,
  ): Promise<Written> {
    const won = decisions.filter((decision) => decision.kind === 'won');
    if (won.length === 0) return new Map();
    const orders = won.map(({ order }) => order);
    const heldUntil = new Date(reservedAt.getTime() + holdSeconds * 1000);
    const times = { holdSeconds, reservedAt, heldUntil };
    await this.expiry.expireHoldsOf(
      tx,
      won.flatMap(({ expired }) => expired),
    );
    const [, { orderIds, rows }] = await answersOf([
      demand(
        this.writer.reserveSeats(tx, orders, times),
        () => new SeatNotAvailable(won[0]?.order.seatIds ?? []),
      ),
      this.writer.insertOrders(tx, orders, times),
    ]);
    await appendEvents(
      tx,
      orders.flatMap(({ user, seatIds, trace }) =>
        seatIds.map((id) => ({ ...madeEvent(user.userId, rowOf(rows, id)), trace })),
      ),
    );
    return new Map(
      won.map((decision, i) => {
        const seats = decision.order.seatIds.map((seatId) => rowOf(rows, seatId));
        return [decision, { orderId: orderIds[i] ?? 0, rows: seats, leftMs: holdSeconds * 1000 }];
      }),
    );
  }
}

function outcomeOf(decision: Decision, written: Written): Outcome<Held> {
  switch (decision.kind) {
    case 'won':
      return done({ ...writtenOf(decision, written), isNew: true });
    case 'repeated': {
      const { rows, ...order } = writtenOf(decision.won, written);
      const asked = rows.filter(({ seatId }) => decision.seatIds.includes(seatId));
      return done({ ...order, rows: asked, isNew: false });
    }
    case 'held':
      return done(decision.held);
    case 'gone':
      return refused(
        decision.isSoldOut
          ? new ScheduleSoldOut(decision.scheduleId)
          : new SeatNotAvailable(decision.seatIds),
      );
    case 'refused':
    case 'alone':
      return decision;
  }
}

function writtenOf(won: Won, written: Written): WrittenOrder {
  const it = written.get(won);
  if (it === undefined) throw new Error('A hold that was won was not written.');
  return it;
}

function rowOf(rows: Map<number, HeldRow>, seatId: number): HeldRow {
  const row = rows.get(seatId);
  if (row === undefined) throw new Error(`No hold for seat ${seatId}.`);
  return row;
}

const madeEvent = (userId: number, row: HeldRow): ReturnType<typeof reservationMade> => {
  const { id: reservationId, concertTitle, seatPosition, heldUntil } = row;
  return reservationMade({
    reservationId,
    userId,
    concertTitle,
    seatPosition,
    heldUntil: heldUntil.toISOString(),
  });
};

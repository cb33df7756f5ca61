import { NotFound } from '../../../common/errors';
import { ALONE, refused } from '../../../platform/database/batch/outcome';
import { TokenNotActive } from '../../waiting-room/errors';
import type { ActiveUser } from '../../waiting-room/state/session';
import { NotOnSale, ScheduleStarted, SeatLimitReached, SeatsHeldApart, WrongQueue } from '../errors';
import type { OrderRow } from '../order-repository';
import type { HeldSeat, LockedSchedule, LockedSeat, NewOrder, SeatFacts } from './hold-rows';

export interface HoldRequest {
  user: ActiveUser;
  /** The answer describes the whole order, not only its first seat. */
  isOrder?: boolean;
  scheduleId: number;
  /** Ascending, each once, at least one. */
  seatIds: number[];
  /** Its `traceparent`, if it is traced. */
  trace?: string | undefined;
}

/** A user's order of seats on hold: made by this request, or before it. */
export interface Held {
  orderId: number;
  /** The requested seats, in the order of the request. */
  rows: HeldSeat[];
  isNew: boolean;
  /** Until it expires, milliseconds. */
  leftMs: number;
  /** Of a request that asks for it. */
  order?: OrderRow;
}

export interface HoldRules {
  holdSeconds: number;
  /** Most seats of a schedule for one user; 0: no limit. */
  seatLimit: number;
}

/** The request gets its seats, of which those of some expired reservations are to be freed before. */
export type Won = { kind: 'won'; order: HoldOrder; expired: number[] };

export type Decision =
  | Won
  | { kind: 'held'; held: Held }
  /** The same user has won the same seats in this batch. */
  | { kind: 'repeated'; won: Won; seatIds: number[] }
  | { kind: 'refused'; error: Error }
  | { kind: 'gone'; scheduleId: number; seatIds: number[]; isSoldOut: boolean }
  | typeof ALONE;

interface HoldOrder extends HoldRequest, NewOrder {}

interface Known {
  /** Whose rows are locked. */
  users: Set<number>;
  /** Those that are free. */
  seats: Map<number, LockedSeat>;
  schedules: Map<number, LockedSchedule>;
  /** Of each wanted seat of each request, in their order. */
  facts: SeatFacts[];
  rules: HoldRules;
  mainQueueId: string;
}

/** The facts that a batch has read, and its decisions so far. */
export class HoldRound {
  private nextFact = 0;
  /** By seat: who has won it in this batch. */
  private readonly taken = new Map<number, Won>();
  /** By user and schedule: seats won in this batch. */
  private readonly added = new Map<string, number>();

  constructor(private readonly known: Known) {}

  /** The database's clock once all locks were taken. */
  get now(): Date {
    return this.known.facts[0]?.now ?? new Date(NaN);
  }

  /** Requests are decided in the order of arrival: the first that wants a free seat has it. */
  decide(request: HoldRequest): Decision {
    const facts = request.seatIds.map(() => this.known.facts[this.nextFact++]) as SeatFacts[];
    return (
      this.pass(request, facts) ??
      this.ownHold(request, facts) ??
      this.refuse(request, facts) ??
      this.win(request, facts)
    );
  }

  private pass({ user }: HoldRequest, [first]: SeatFacts[]): Decision | undefined {
    if (!this.known.users.has(user.userId)) return ALONE;
    return first?.hasPaid === 1 ? refused(new TokenNotActive('DONE')) : undefined;
  }

  /** Seats that the user holds already are answered with that hold. */
  private ownHold({ user, scheduleId, seatIds }: HoldRequest, facts: SeatFacts[]): Decision | undefined {
    const [first] = facts;
    const won = this.taken.get(seatIds[0] ?? 0);
    const isRepeated =
      won?.order.user.userId === user.userId &&
      won.order.user.queueId === user.queueId &&
      won.order.scheduleId === scheduleId;
    if (isRepeated && seatIds.every((id) => this.taken.get(id) === won))
      return { kind: 'repeated', won, seatIds };
    const sellingQueueId = this.known.schedules.get(scheduleId)?.queueId;
    // Of the queue in which it was held, where it is paid, although its concert may have moved to another one since.
    const isOwn = (fact: SeatFacts): boolean =>
      isHeldBy(user, fact) &&
      fact.orderId === first?.orderId &&
      (fact.heldInQueueId ?? sellingQueueId) === user.queueId;
    if (first === undefined || !facts.every(isOwn)) return undefined;
    if (unknownSeat(scheduleId, seatIds, facts) !== undefined) return undefined;
    const { orderId, leftMs } = first;
    const rows = facts.map(({ reservationId, reservedAt, heldUntil }, i) => ({
      id: reservationId ?? 0,
      seatId: seatIds[i] ?? 0,
      reservedAt,
      heldUntil,
    }));
    return { kind: 'held', held: { orderId: orderId ?? 0, rows, isNew: false, leftMs } };
  }

  private refuse(request: HoldRequest, facts: SeatFacts[]): Decision | undefined {
    const { user, scheduleId, seatIds } = request;
    const schedule = this.known.schedules.get(scheduleId);
    const seatLimit = schedule?.seatLimit ?? this.known.rules.seatLimit;
    if (this.passesLimit(seatLimit, request, facts)) return refused(new SeatLimitReached(seatLimit));
    if (schedule === undefined) return refused(new NotFound(`Schedule ${scheduleId}`));
    const unknown = unknownSeat(scheduleId, seatIds, facts);
    if (unknown !== undefined) return refused(new NotFound(`Seat ${unknown} of schedule ${scheduleId}`));
    if (schedule.queueId !== user.queueId)
      return refused(new WrongQueue(schedule.queueId, this.known.mainQueueId));
    if (schedule.isStarted === 1) return refused(new ScheduleStarted(scheduleId));
    if (schedule.isOnSale === 0) return refused(new NotOnSale(scheduleId, schedule.opensAt));
    const gone = seatIds.filter((id, i) => !this.isFree(id, facts[i]));
    if (gone.length === 0) return undefined;
    const others = gone.filter((id) => !this.holds(user, id, facts[seatIds.indexOf(id)]));
    return others.length === 0
      ? refused(new SeatsHeldApart(gone))
      : { kind: 'gone', scheduleId, seatIds: others, isSoldOut: false };
  }

  /** Of the seats that are wanted, those that the user has already do not count twice. */
  private passesLimit(
    seatLimit: number,
    { user, scheduleId, seatIds }: HoldRequest,
    facts: SeatFacts[],
  ): boolean {
    if (seatLimit === 0) return false;
    const already = facts.filter((fact, i) => {
      const isBought = fact.holderId === user.userId && fact.isSold === 1;
      return isBought || this.holds(user, seatIds[i] ?? 0, fact);
    });
    const added = this.added.get(`${user.userId} ${scheduleId}`) ?? 0;
    const before = (facts[0]?.seatsOfUser ?? 0) - already.length + added;
    return before + seatIds.length > seatLimit;
  }

  /** Whether the user holds the seat, by this batch or by an earlier one. */
  private holds(user: ActiveUser, seatId: number, fact: SeatFacts | undefined): boolean {
    const won = this.taken.get(seatId);
    return won === undefined ? isHeldBy(user, fact) : won.order.user.userId === user.userId;
  }

  /** An expired hold counts as free before the worker cancels it; the seat is believed before its reservation. */
  private isFree(seatId: number, fact: SeatFacts | undefined): boolean {
    const seat = this.known.seats.get(seatId);
    if (seat === undefined || this.taken.has(seatId)) return false;
    return seat.isExpired === 0 || fact?.isExpired === 1;
  }

  private win(request: HoldRequest, facts: SeatFacts[]): Won {
    const { user, scheduleId, seatIds } = request;
    const seats = seatIds.flatMap((id) => this.known.seats.get(id) ?? []);
    const schedule = this.known.schedules.get(scheduleId);
    if (schedule === undefined) throw new Error(`A hold without its schedule ${scheduleId}.`);
    const total = seats.reduce((sum, { amount }) => sum + amount, 0);
    const expired = facts.flatMap(({ reservationId }, i) =>
      seats[i]?.isExpired === 1 && reservationId !== null ? [reservationId] : [],
    );
    const won: Won = { kind: 'won', order: { ...request, seats, schedule, total }, expired };
    for (const id of seatIds) this.taken.set(id, won);
    const name = `${user.userId} ${scheduleId}`;
    this.added.set(name, (this.added.get(name) ?? 0) + seatIds.length);
    return won;
  }
}

/** A seat that the schedule does not have. */
const unknownSeat = (scheduleId: number, seatIds: number[], facts: SeatFacts[]): number | undefined =>
  seatIds.find((_id, i) => facts[i]?.seatScheduleId !== scheduleId);

const isHeldBy = ({ userId }: ActiveUser, fact: SeatFacts | undefined): boolean =>
  fact?.holderId === userId && fact.isSold === 0 && fact.isExpired === 0;

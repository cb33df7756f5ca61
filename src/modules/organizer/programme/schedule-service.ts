import { Lifecycle, scoped } from 'tsyringe';
import { DisplayTime } from '../../../common/calendar/display-time';
import { Database, type ModelTransaction } from '../../../platform/database/database';
import type { Schedule } from '../../catalog/models';
import { type Actor, AuditRepository } from '../audit/repository';
import { Contradiction, type ExpectedVersions, refuseEdited, WrongState } from '../errors';
import { LayoutRepository } from '../layouts/repository';
import { priceClassesOf } from '../layouts/content';
import type { Versioned } from './concert-service';
import { pricesByClass } from './prices';
import { ProgrammeRepository } from './repository';
import { checkTimes, timesOf, windowOf } from './times';
import type {
  BlockInput,
  ScheduleDetail,
  ScheduleInput,
  SchedulePatch,
  ScheduleQuery,
  ScheduleView,
} from './schema';

/** Of what a refusal names. */
const MAX_NAMED = 20;

/** Schedules, for their organizer: each act is in the audit. */
@scoped(Lifecycle.ContainerScoped)
export class ScheduleAdminService {
  constructor(
    private readonly database: Database,
    private readonly programme: ProgrammeRepository,
    private readonly layouts: LayoutRepository,
    private readonly audit: AuditRepository,
    private readonly displayTime: DisplayTime,
  ) {}

  async list(query: ScheduleQuery): Promise<ScheduleView[]> {
    return (await this.programme.listSchedules(query)).map((schedule) => this.viewOf(schedule));
  }

  /** @throws NotFound (404) */
  async find(id: number): Promise<Versioned<ScheduleDetail>> {
    return this.database.modelTransaction((tx) => this.detail(tx, id));
  }

  /** A draft with all seats of its layout. @throws NotFound (404), Contradiction (400) */
  async create(actor: Actor, concertId: number, input: ScheduleInput): Promise<Versioned<ScheduleDetail>> {
    const { layoutId, reason, ...rest } = input;
    const prices = await this.pricesOf(layoutId, input.prices);
    const fields = {
      startsAt: new Date(rest.startsAt),
      endsAt: new Date(rest.endsAt),
      opensAt: null,
      closesAt: null,
      refundableUntil: null,
      ...timesOf(windowOf(input)),
      seatsPerUser: rest.seatsPerUser ?? null,
    };
    checkTimes(fields);
    return this.database.modelTransaction(async (tx) => {
      await this.programme.findConcert(tx, concertId);
      const { id } = await this.programme.createSchedule(tx, { concertId, layoutId, ...fields }, prices);
      const made = await this.detail(tx, id);
      const what = { act: 'schedule.create', subject: `schedule:${id}`, reason, after: made.view };
      await this.audit.append(tx, actor, what);
      return made;
    });
  }

  /** @throws NotFound (404), EditedMeanwhile (412), WrongState (409), Contradiction (400) */
  async edit(
    actor: Actor,
    id: number,
    expected: ExpectedVersions,
    { reason, seatsPerUser, ...changes }: SchedulePatch,
  ): Promise<Versioned<ScheduleDetail>> {
    return this.change(actor, id, { act: 'schedule.edit', reason, expected }, (schedule) => {
      if (schedule.state === 'CANCELED') throw new WrongState(`Schedule ${id} was canceled.`);
      const movesDate = changes.startsAt !== undefined || changes.endsAt !== undefined;
      if (movesDate && schedule.state !== 'DRAFT')
        throw new WrongState(`Schedule ${id} is published: its tickets are for this date.`);
      schedule.set({ ...timesOf(changes), ...(seatsPerUser === undefined ? {} : { seatsPerUser }) });
      checkTimes(schedule);
    });
  }

  /** Puts a draft on sale, at its opensAt. @throws NotFound (404), WrongState (409) */
  async publish(actor: Actor, id: number, reason: string | undefined): Promise<Versioned<ScheduleDetail>> {
    return this.change(actor, id, { act: 'schedule.publish', reason }, (schedule) => {
      if (schedule.state !== 'DRAFT')
        throw new WrongState(`Schedule ${id} is ${schedule.state}, not a draft.`);
      schedule.set({ state: 'PUBLISHED' });
    });
  }

  /** All seats or none. @throws NotFound (404), WrongState (409) naming the seats that somebody has */
  async block(
    actor: Actor,
    id: number,
    { seatIds, blocked, reason }: BlockInput,
  ): Promise<{ changed: number }> {
    const [from, to] = blocked ? (['AVAILABLE', 'BLOCKED'] as const) : (['BLOCKED', 'AVAILABLE'] as const);
    return this.database.modelTransaction(async (tx) => {
      await this.programme.findSchedule(tx, id);
      const seats = await this.programme.lockSeats(tx, id, seatIds);
      const known = new Set(seats.map((seat) => seat.id));
      const unknown = seatIds.filter((seatId) => !known.has(seatId));
      if (unknown.length > 0)
        throw new Contradiction(
          `seatIds: schedule ${id} has no seat ${unknown.slice(0, MAX_NAMED).join(', ')}.`,
        );
      const others = seats.filter(({ status }) => status !== from && status !== to);
      if (others.length > 0 && blocked)
        throw new WrongState(
          `On hold or sold: seat ${others
            .slice(0, MAX_NAMED)
            .map((seat) => seat.id)
            .join(', ')}.`,
        );
      const changed = seats.filter(({ status }) => status === from).map((seat) => seat.id);
      if (changed.length > 0) await this.programme.setSeatStatus(tx, changed, to);
      const what = { act: blocked ? 'seats.block' : 'seats.unblock', subject: `schedule:${id}`, reason };
      await this.audit.append(tx, actor, { ...what, after: { seatIds: changed } });
      return { changed: changed.length };
    });
  }

  /** Locks the schedule, changes it, and writes down what it was and is. */
  private async change(
    actor: Actor,
    id: number,
    { act, reason, expected }: { act: string; reason: string | undefined; expected?: ExpectedVersions },
    apply: (schedule: Schedule) => void,
  ): Promise<Versioned<ScheduleDetail>> {
    return this.database.modelTransaction(async (tx) => {
      const schedule = await this.programme.lockSchedule(tx, id);
      refuseEdited(`Schedule ${id}`, schedule.version, expected);
      const before = this.viewOf(schedule);
      apply(schedule);
      await schedule.save({ transaction: tx.transaction });
      const after = this.viewOf(schedule);
      await this.audit.append(tx, actor, { act, subject: `schedule:${id}`, reason, before, after });
      return this.detail(tx, id);
    });
  }

  /** @throws Contradiction (400) */
  private async pricesOf(layoutId: number, prices: Record<string, number>): Promise<Map<string, number>> {
    const layout = await this.layouts.find(layoutId);
    if (layout === undefined) throw new Contradiction(`layoutId: there is no layout ${layoutId}.`);
    return pricesByClass(new Set(await priceClassesOf(layout)), prices);
  }

  private async detail(tx: ModelTransaction, id: number): Promise<Versioned<ScheduleDetail>> {
    const schedule = await this.programme.findSchedule(tx, id);
    const prices = Object.fromEntries(
      (schedule.priceClasses ?? []).map(({ name, amount }) => [name, amount]),
    );
    const seats = await this.programme.countSeats(tx, id);
    return { view: { ...this.viewOf(schedule), prices, seats }, version: schedule.version };
  }

  private viewOf(schedule: Schedule): ScheduleView {
    const at = (time: Date | null): string | null => time && this.displayTime.withOffset(time);
    const { id, concertId, state, startsAt, endsAt, opensAt, closesAt, refundableUntil } = schedule;
    return {
      scheduleId: id,
      concertId,
      state,
      startsAt: this.displayTime.withOffset(startsAt),
      endsAt: this.displayTime.withOffset(endsAt),
      opensAt: at(opensAt),
      closesAt: at(closesAt),
      refundableUntil: at(refundableUntil),
      seatsPerUser: schedule.seatsPerUser,
      layoutId: schedule.layoutId,
    };
  }
}

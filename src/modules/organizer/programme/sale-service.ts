import { Lifecycle, scoped } from 'tsyringe';
import { DisplayTime } from '../../../common/calendar/display-time';
import { Database } from '../../../platform/database/database';
import type { Schedule } from '../../catalog/models';
import { type Actor, AuditRepository } from '../audit/repository';
import { type ExpectedVersions, refuseEdited, WrongState } from '../errors';
import type { Versioned } from './concert-service';
import { ProgrammeRepository } from './repository';
import type { SaleInput, SaleView } from './schema';

/** Opens and closes the sale of a published schedule immediately. */
@scoped(Lifecycle.ContainerScoped)
export class SaleService {
  constructor(
    private readonly database: Database,
    private readonly programme: ProgrammeRepository,
    private readonly audit: AuditRepository,
    private readonly displayTime: DisplayTime,
  ) {}

  /**
   * A sale that is so already stays as it is, so the call may be repeated.
   * @param expected versions of the schedule, of which the operator has seen one
   * @throws NotFound (404), EditedMeanwhile (412), WrongState (409)
   */
  async set(
    actor: Actor,
    id: number,
    expected: ExpectedVersions,
    { sale, reason }: SaleInput,
  ): Promise<Versioned<SaleView>> {
    return this.database.modelTransaction(async (tx) => {
      const schedule = await this.programme.lockSchedule(tx, id);
      const now = await this.programme.now(tx);
      if (schedule.state !== 'PUBLISHED') throw new WrongState(`Schedule ${id} is ${schedule.state}.`);
      if (schedule.startsAt <= now) throw new WrongState(`Schedule ${id} has begun.`);
      if (saleOf(schedule, now) === sale) return this.viewOf(schedule, sale);
      if (sale === 'CLOSED' && saleOf(schedule, now) === undefined)
        throw new WrongState(`The sale of schedule ${id} has not opened.`);
      refuseEdited(`Schedule ${id}`, schedule.version, expected);
      const before = this.windowOf(schedule);
      if (sale === 'OPEN') open(schedule, now);
      else schedule.set({ closesAt: now });
      await schedule.save({ transaction: tx.transaction });
      const what = { act: sale === 'OPEN' ? 'sale.open' : 'sale.close', subject: `schedule:${id}`, reason };
      await this.audit.append(tx, actor, { ...what, before, after: this.windowOf(schedule) });
      return this.viewOf(schedule, sale);
    });
  }

  private windowOf({ opensAt, closesAt }: Schedule): Pick<SaleView, 'opensAt' | 'closesAt'> {
    const at = (time: Date | null): string | null => time && this.displayTime.withOffset(time);
    return { opensAt: at(opensAt), closesAt: at(closesAt) };
  }

  private viewOf(schedule: Schedule, sale: SaleView['sale']): Versioned<SaleView> {
    const view = { scheduleId: schedule.id, sale, ...this.windowOf(schedule) };
    return { view, version: schedule.version };
  }
}

/** As a sale judges it (catalog/repository.ts); neither before it opens. */
function saleOf({ opensAt, closesAt }: Schedule, now: Date): SaleView['sale'] | undefined {
  if (closesAt !== null && closesAt <= now) return 'CLOSED';
  return opensAt !== null && opensAt > now ? undefined : 'OPEN';
}

/** A window that has closed is open-ended afterwards; one that was to open later keeps its end. */
function open(schedule: Schedule, now: Date): void {
  if (schedule.opensAt === null || schedule.opensAt > now) schedule.set({ opensAt: now });
  if (schedule.closesAt !== null && schedule.closesAt <= now) schedule.set({ closesAt: null });
}

import { Lifecycle, scoped } from 'tsyringe';
import { DisplayTime } from '../../../common/calendar/display-time';
import { NotFound } from '../../../common/errors';
import { Database, type ModelTransaction } from '../../../platform/database/database';
import { type Actor, AuditRepository } from '../audit/repository';
import { WrongState } from '../errors';
import { ProgrammeRepository } from '../programme/repository';
import { CancellationRepository } from './repository';
import type { CancellationView } from './schema';

/** Cancels schedules. The refunds are the worker's (job.ts): the schedule is off the sale at once. */
@scoped(Lifecycle.ContainerScoped)
export class CancellationService {
  constructor(
    private readonly database: Database,
    private readonly programme: ProgrammeRepository,
    private readonly cancellations: CancellationRepository,
    private readonly audit: AuditRepository,
    private readonly displayTime: DisplayTime,
  ) {}

  /** Cancels a schedule, once; asked again it answers with the progress. @throws NotFound (404), WrongState (409) */
  async cancel(actor: Actor, scheduleId: number, reason: string): Promise<CancellationView> {
    return this.database.modelTransaction(async (tx) => {
      const schedule = await this.programme.lockSchedule(tx, scheduleId);
      if (schedule.state === 'CANCELED') return this.view(tx, scheduleId);
      if (schedule.endsAt <= (await this.programme.now(tx)))
        throw new WrongState(`Schedule ${scheduleId} is over.`);
      const before = { state: schedule.state };
      await schedule.update({ state: 'CANCELED' }, { transaction: tx.transaction });
      await this.cancellations.begin(tx, scheduleId);
      const view = await this.view(tx, scheduleId);
      const what = { act: 'schedule.cancel', subject: `schedule:${scheduleId}`, reason, before };
      await this.audit.append(tx, actor, { ...what, after: { state: 'CANCELED', orders: view.orders } });
      return view;
    });
  }

  /** @throws NotFound (404) */
  async progress(scheduleId: number): Promise<CancellationView> {
    return this.database.modelTransaction((tx) => this.view(tx, scheduleId));
  }

  private async view(tx: ModelTransaction, scheduleId: number): Promise<CancellationView> {
    const row = await this.cancellations.progress(tx, scheduleId);
    if (row === undefined) throw new NotFound(`A cancellation of schedule ${scheduleId}`);
    const { orders, remaining, failed, startedAt, finishedAt } = row;
    return {
      scheduleId,
      state: finishedAt === null ? 'RUNNING' : 'DONE',
      orders,
      remaining,
      failed,
      startedAt: this.displayTime.withOffset(startedAt),
      finishedAt: finishedAt && this.displayTime.withOffset(finishedAt),
    };
  }
}

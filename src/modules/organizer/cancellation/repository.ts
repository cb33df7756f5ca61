import { Lifecycle, scoped } from 'tsyringe';
import { Database, type SqlExecutor } from '../../../platform/database/database';

const BEGIN = `
  INSERT INTO schedule_cancellation (schedule_id, order_count)
  SELECT ?, COUNT(*) FROM orders WHERE schedule_id = ? AND status IN ('HELD', 'PAID')`;

const UNDER_WAY =
  'SELECT schedule_id AS scheduleId FROM schedule_cancellation WHERE finished_at IS NULL ORDER BY started_at';

const OPEN_ORDERS = `
  SELECT id FROM orders
   WHERE schedule_id = ? AND status IN ('HELD', 'PAID') AND id > ? ORDER BY id LIMIT ?`;

const END_OF_PASS = `
  UPDATE schedule_cancellation j
     SET failed = (SELECT COUNT(*) FROM orders o WHERE o.schedule_id = j.schedule_id AND o.status IN ('HELD', 'PAID')),
         finished_at = IF(failed = 0, NOW(3), NULL)
   WHERE schedule_id = ?`;

const PROGRESS = `
  SELECT j.order_count AS orders, j.failed, j.started_at AS startedAt, j.finished_at AS finishedAt,
         (SELECT COUNT(*) FROM orders o WHERE o.schedule_id = j.schedule_id AND o.status IN ('HELD', 'PAID')) AS remaining
    FROM schedule_cancellation j WHERE j.schedule_id = ?`;

export interface ProgressRow {
  orders: number;
  remaining: number;
  failed: number;
  startedAt: Date;
  finishedAt: Date | null;
}

/** The refunds of canceled schedules: what is left to do is in the orders themselves, so a crash forgets nothing. */
@scoped(Lifecycle.ContainerScoped)
export class CancellationRepository {
  constructor(private readonly database: Database) {}

  async begin(tx: SqlExecutor, scheduleId: number): Promise<void> {
    await tx.execute(BEGIN, [scheduleId, scheduleId]);
  }

  /** The schedules whose cancellations are under way, the one that is for longest first. */
  async underWay(): Promise<number[]> {
    const rows = await this.database.query<{ scheduleId: number }>(UNDER_WAY);
    return rows.map(({ scheduleId }) => scheduleId);
  }

  /** Orders of the schedule that are held or paid, behind the order `after`. */
  async openOrders(scheduleId: number, after: number, limit: number): Promise<number[]> {
    const rows = await this.database.query<{ id: number }>(OPEN_ORDERS, [scheduleId, after, limit]);
    return rows.map(({ id }) => id);
  }

  /** Finishes the cancellation unless orders are left. */
  async endPass(scheduleId: number): Promise<void> {
    await this.database.execute(END_OF_PASS, [scheduleId]);
  }

  async progress(on: SqlExecutor, scheduleId: number): Promise<ProgressRow | undefined> {
    const [row] = await on.query<ProgressRow>(PROGRESS, [scheduleId]);
    return row;
  }
}

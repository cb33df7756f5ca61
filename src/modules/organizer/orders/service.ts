import { Lifecycle, scoped } from 'tsyringe';
import { DisplayTime } from '../../../common/calendar/display-time';
import { NotFound } from '../../../common/errors';
import { Database, type SqlExecutor } from '../../../platform/database/database';
import { RefundRepository } from '../../orders/refunds/refund-repository';
import { type Actor, AuditRepository } from '../audit/repository';
import { WrongState } from '../errors';
import { OrganizerMetrics } from '../metrics';
import { type OrderRow, OrderSearchRepository } from './repository';
import type { OrderDetail, OrderQuery, OrderView } from './schema';

const PAGE = 100;

/** Finds orders and gives their money back. */
@scoped(Lifecycle.ContainerScoped)
export class OrderAdminService {
  constructor(
    private readonly database: Database,
    private readonly orders: OrderSearchRepository,
    private readonly refunds: RefundRepository,
    private readonly audit: AuditRepository,
    private readonly metrics: OrganizerMetrics,
    private readonly displayTime: DisplayTime,
  ) {}

  /** At most 100, newest first. */
  async search(query: OrderQuery): Promise<OrderView[]> {
    return (await this.orders.search(query, PAGE)).map((row) => this.viewOf(row));
  }

  /** @throws NotFound (404) */
  async find(id: number): Promise<OrderDetail> {
    return this.detail(this.database, id);
  }

  /** Refunds a paid order, whatever the schedule's limit; releases a held one. @throws NotFound (404), WrongState (409) */
  async refund(actor: Actor, id: number, reason: string): Promise<OrderDetail> {
    const { detail, outcome } = await this.database.modelTransaction(async (tx) => {
      const before = await this.detail(tx, id);
      const { refunded, released } = await this.refunds.endOrders(tx, [id], 'operator');
      if (refunded.length + released.length === 0)
        throw new WrongState(`Order ${id} is ${before.status}: there is nothing to refund.`);
      const after = await this.detail(tx, id);
      const states = {
        before: { status: before.status },
        after: { status: after.status, total: after.total },
      };
      await this.audit.append(tx, actor, { act: 'order.refund', subject: `order:${id}`, reason, ...states });
      return { detail: after, outcome: refunded.length > 0 ? 'refunded' : 'released' };
    });
    this.metrics.refunds.inc({ outcome });
    return detail;
  }

  private async detail(on: SqlExecutor, id: number): Promise<OrderDetail> {
    const order = await this.orders.find(on, id);
    if (order === undefined) throw new NotFound(`Order ${id}`);
    const concertTitle = (await this.orders.concertTitle(on, id)) ?? '';
    return { ...this.viewOf(order), concertTitle, seats: await this.orders.items(on, id) };
  }

  private viewOf(row: OrderRow): OrderView {
    const at = (time: Date | null): string | null => time && this.displayTime.withOffset(time);
    return {
      ...row,
      heldUntil: this.displayTime.withOffset(row.heldUntil),
      createdAt: this.displayTime.withOffset(row.createdAt),
      paidAt: at(row.paidAt),
      endedAt: at(row.endedAt),
    };
  }
}

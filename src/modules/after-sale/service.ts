import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { NotFound } from '../../common/errors';
import { TransparencyRepository } from '../transparency/repository';
import { readLeaves } from './leaves';
import { AfterSaleRepository } from './repository';
import { SaleReplay } from './sale-replay';
import type { SaleReport } from './schema';

export interface ReportWanted {
  queueId: string;
  /** undefined: all of the queue. */
  scheduleId: number | undefined;
  /** Only what happened in [sinceMs, untilMs). */
  sinceMs: number;
  untilMs: number;
}

/** Tells how a sale went, from what is durable: the transparency log of its queue, and the orders. */
@scoped(Lifecycle.ContainerScoped)
export class AfterSaleService {
  constructor(
    private readonly sales: AfterSaleRepository,
    private readonly log: TransparencyRepository,
    @inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws NotFound for a queue without a log, or a schedule that is not the queue's; DatabaseUnavailable */
  async report({ queueId, scheduleId, sinceMs, untilMs }: ReportWanted): Promise<SaleReport> {
    const checkpoint = await this.log.latest(queueId);
    if (checkpoint === undefined) throw new NotFound(`A transparency log of queue ${queueId}`);
    const halls = await this.sales.halls(queueId, this.config.QUEUE_ID, scheduleId);
    if (scheduleId !== undefined && halls.length === 0)
      throw new NotFound(`Schedule ${scheduleId} of queue ${queueId}`);
    const ordersOfHalls = [];
    for (const hall of halls) ordersOfHalls.push(await this.sales.orders(hall.scheduleId));
    const orders = ordersOfHalls.flat();
    const replay = new SaleReplay({ queueId, halls, orders, sinceMs, untilMs });
    const { size, root, note } = checkpoint;
    for await (const leaf of readLeaves(this.log, queueId, size)) if (!replay.add(leaf)) break;
    return replay.report({ size, root: root.toString('base64'), note });
  }
}

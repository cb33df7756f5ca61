import { ChanceCalibration, type ChanceOutcome, chanceAt, SHARES } from '../catalog/sale-board/chances';
import { Demand } from '../catalog/sale-board/demand';
import { CountRate } from '../waiting-room/polling/count-rate';
import { RATE_WINDOW_MS } from '../waiting-room/polling/queue-eta';
import { EtaCalibration, etaSeconds } from '../waiting-room/polling/eta';
import type { QueueReplay } from './queue-replay';
import type { SeatReplay } from './seats';

const isForSale = (state: string): boolean => state === 'OPEN' || state === 'WAITLIST';

/**
 * What the product would have said of wait and chance at each second of the sale, by its own estimators, and what came of
 * it. They are made from the log and the orders alone, so the same sale always gives the same figures.
 */
export class EstimateReplay {
  /** Actual minus estimated wait, seconds. */
  readonly etaErrors: number[] = [];
  readonly chances: ChanceOutcome[] = [];
  private readonly rate = new CountRate(RATE_WINDOW_MS);
  private readonly etas = new EtaCalibration();
  private readonly demand = new Demand();
  private readonly calibration = new ChanceCalibration();
  private before = { admitted: 0, active: 0 };
  private turn = 0;

  /** @param sellsSeats whether it is known what the queue sells: else nothing can be said of chances */
  constructor(private readonly sellsSeats: boolean) {}

  /** @param bought since the last second */
  tick(ms: number, queue: QueueReplay, seats: SeatReplay, bought: ReturnType<SeatReplay['advance']>): void {
    this.estimateWait(ms, queue);
    this.learn(queue, bought);
    const isSoldOut = queue.sale === 'SOLD_OUT' || queue.sale === 'CLOSED';
    for (const outcome of this.calibration.settle(queue.head, isSoldOut)) this.chances.push(outcome);
    if (!isForSale(queue.sale) || !this.sellsSeats) return;
    const undecided = Math.max(0, queue.active.size - seats.holders);
    const supply = { free: Math.max(0, seats.free), held: seats.held, undecided };
    this.calibration.predict(
      (share) => queue.seqAt(share),
      (seq) => chanceAt(queue.positionOf(seq), this.demand, supply),
    );
  }

  private estimateWait(ms: number, queue: QueueReplay): void {
    const { head, limits, admittedTotal: admitted } = queue;
    this.rate.add(ms, admitted);
    for (const error of this.etas.served(head, ms)) this.etaErrors.push(error);
    if (limits === undefined) return;
    const seq = queue.seqAt(SHARES[this.turn++ % SHARES.length] ?? 1);
    if (seq === undefined) return;
    const flow = {
      limits: { ...limits, source: 'fixed' as const },
      active: queue.active.size,
      perSecond: this.rate.perSecond,
      sessionSeconds: limits.sessionSeconds,
    };
    const eta = etaSeconds(queue.positionOf(seq), flow);
    if (eta.isMeasured) this.etas.predicted(seq, ms, eta.seconds);
  }

  private learn(
    queue: QueueReplay,
    { buyers, seats, seatsSquared }: ReturnType<SeatReplay['advance']>,
  ): void {
    const now = { admitted: queue.admittedTotal, active: queue.active.size };
    const left = this.before.active + now.admitted - this.before.admitted - now.active;
    this.before = now;
    this.demand.add({ ended: Math.max(left, buyers, 0), buyers, seats, seatsSquared });
  }
}

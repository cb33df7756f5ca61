import { EstimateReplay } from './estimates';
import { chanceFiguresOf, distributionOf } from './figures';
import type { Leaf } from '../transparency/leaf';
import { applyLeaf } from './leaves';
import { QueueReplay } from './queue-replay';
import type { Hall, SoldOrder } from './repository';
import type { SaleReport } from './schema';
import { SeatReplay, type Turnover } from './seats';
import { Timeline } from './timeline';

const SECOND_MS = 1000;

export interface SaleSource {
  queueId: string;
  halls: Hall[];
  orders: SoldOrder[];
  /** Only what happened in [sinceMs, untilMs) is counted. */
  sinceMs: number;
  untilMs: number;
}

/** Replays a sale second by second from its log and its orders. Leaves are to be added in their order. */
export class SaleReplay {
  private readonly queue = new QueueReplay();
  private readonly seats: SeatReplay;
  private readonly estimates: EstimateReplay;
  private timeline: Timeline | undefined;
  private fromMs = 0;
  private nextMs = 0;
  private soldOutMs: number | undefined;
  private readonly total: Turnover = { sold: 0, returned: 0, won: 0 };

  constructor(private readonly source: SaleSource) {
    const seats = source.halls.reduce((sum, hall) => sum + hall.seats, 0);
    this.seats = new SeatReplay(seats, source.orders);
    this.estimates = new EstimateReplay(seats > 0);
  }

  /** @returns whether later leaves are wanted as well */
  add(leaf: Leaf): boolean {
    if (leaf.ms >= this.source.untilMs) return false;
    if (this.timeline === undefined && leaf.ms >= this.source.sinceMs) this.begin(leaf.ms);
    else this.goOn(leaf.ms);
    applyLeaf(this.queue, leaf);
    this.timeline?.noteLimits(leaf.ms, this.queue);
    return true;
  }

  private begin(ms: number): void {
    this.queue.countFromHere();
    this.seats.advance(this.source.sinceMs);
    this.timeline = new Timeline(ms);
    [this.fromMs, this.nextMs] = [ms, ms + SECOND_MS];
  }

  /** Everything up to this time is over. */
  private goOn(ms: number): void {
    const { timeline } = this;
    for (; timeline !== undefined && this.nextMs <= ms; this.nextMs += SECOND_MS) {
      this.follow(this.nextMs);
      timeline.tick(this.nextMs, this.queue, this.seats);
    }
  }

  private follow(ms: number): void {
    const turnover = this.seats.advance(ms);
    this.count(turnover);
    this.estimates.tick(ms, this.queue, this.seats, turnover);
  }

  private count(turnover: Turnover): void {
    this.timeline?.sold(turnover);
    this.total.sold += turnover.sold;
    this.total.returned += turnover.returned;
    this.total.won += turnover.won;
    const isSoldOut = this.seats.free === 0 && this.seats.held === 0 && this.total.sold > 0;
    if (!isSoldOut) this.soldOutMs = undefined;
    else this.soldOutMs ??= this.seats.passedMs;
  }

  /** What was sold after the last leaf belongs to the sale as well: the log of a queue that is over does not grow. */
  report(checkpoint: SaleReport['checkpoint']): SaleReport {
    const { queueId, halls, untilMs } = this.source;
    const endMs = Math.min(untilMs - 1, Math.max(this.queue.ms, this.seats.lastMs ?? 0));
    if (this.timeline === undefined) this.queue.countFromHere(); // nothing happened in that time
    this.goOn(endMs);
    if (this.timeline !== undefined) this.follow(endMs);
    this.timeline?.closeMinute(this.queue, this.seats);
    const { waitsMs, ...counts } = this.queue.counted;
    const { etaErrors } = this.estimates;
    return {
      queueId,
      halls,
      fromMs: this.fromMs,
      toMs: this.timeline === undefined ? 0 : endMs,
      counts,
      admitted: waitsMs.length,
      refused: this.queue.refused,
      ...this.total,
      soldOutAfterSeconds: this.soldOutMs === undefined ? null : (this.soldOutMs - this.fromMs) / SECOND_MS,
      waits: distributionOf(waitsMs.map((ms) => ms / SECOND_MS)),
      etaError: distributionOf(etaErrors),
      etaAbsoluteError: distributionOf(etaErrors.map(Math.abs)),
      chances: chanceFiguresOf(this.estimates.chances),
      limits: this.timeline?.limits ?? [],
      minutes: this.timeline?.minutes ?? [],
      checkpoint,
    };
  }
}

import { monotonicMs } from '../../clock';
import type { Logger } from '../../infra/logger';
import type { Metrics } from '../../infra/metrics';
import type { AdmissionPolicy } from './admission';
import { AdmissionRate } from './admission';
import type { QueueRepository } from './repository';
import {
  LOST,
  type Admitted,
  type Issued,
  type Progress,
  type QueueStore,
  type Settled,
  type Tick,
  UNKNOWN,
} from './store';

/** What a token says about its place. */
export interface Place {
  seq: number;
  gen: number;
  iatMs: number;
}

const SAVE_EVERY_MS = 3000;
const COUNT_WAITERS_EVERY_MS = 1000;

/**
 * One queue as this process sees it: the store's scripts, plus the highest progress seen, with which the state is
 * restored when Redis has lost it.
 */
export class WaitingRoom {
  private readonly known: Progress = { issued: 0, serving: 0, gen: 0 };
  private readonly rate = new AdmissionRate();
  private savedAtMs = 0;
  private countedAtMs = 0;

  constructor(
    private readonly store: QueueStore,
    private readonly policy: AdmissionPolicy,
    private readonly repository: QueueRepository,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  get queueId(): string {
    return this.store.queueId;
  }

  get tokenLifeMs(): number {
    return this.store.tokenLifeMs;
  }

  async issue(userId: number, jti: string): Promise<Issued> {
    const issued = await this.asking((known) => this.store.issue(userId, jti, this.policy.cap, known));
    this.learn({ issued: issued.seq, gen: issued.gen });
    return issued;
  }

  async settle(place: Place): Promise<Settled | typeof UNKNOWN> {
    return this.asking(
      (known) => this.store.settle(place, this.policy.cap, known),
      () => this.learn({ issued: place.seq }),
    );
  }

  /** The visitor has paid: its place goes to the next one. */
  async finish(seq: number): Promise<void> {
    const next = await this.asking((known) => this.store.finish(seq, this.policy.cap, known));
    this.metrics.queueEnded.inc({ queue: this.queueId, reason: 'paid' });
    this.observeAdmitted(next);
  }

  /** The visitor holds a seat and is not idle so long. */
  async stay(seq: number, holdMs: number): Promise<void> {
    await this.store.stay(seq, holdMs);
  }

  /** One admission tick: ends what is past, fills free places, remembers the progress. */
  async tick(): Promise<Tick> {
    const startedAtMs = monotonicMs();
    const countWaiters = startedAtMs - this.countedAtMs >= COUNT_WAITERS_EVERY_MS;
    const tick = await this.asking((known) => this.store.admit(this.policy.cap, known, countWaiters));
    this.learn(tick);
    this.rate.add(tick.nowMs, tick.admittedTotal);
    this.observe(tick);
    if (countWaiters) this.countedAtMs = startedAtMs;
    if (startedAtMs - this.savedAtMs >= SAVE_EVERY_MS) {
      this.savedAtMs = startedAtMs;
      await this.save();
    }
    return tick;
  }

  /** Saves the progress in the database; a failure is logged, the next tick saves again. */
  async save(): Promise<void> {
    if (this.known.gen === 0) return;
    try {
      await this.repository.save(this.queueId, this.known);
    } catch (err) {
      this.logger.warn({ err, queue: this.queueId }, 'queue progress not saved');
    }
  }

  /** Seconds until somebody at `position` gets in, at the rate of the last half minute. */
  etaSeconds(position: number): number {
    const { perSecond } = this.rate;
    if (perSecond > 0) return Math.ceil(position / perSecond);
    return Math.ceil(position / this.policy.cap) * this.store.leaseSeconds; // nobody moves: at worst whole leases
  }

  /** Asks a script; a lost state is restored and the script asked again. */
  private async asking<T>(
    ask: (known: number) => Promise<T | typeof LOST>,
    beforeRestore?: () => void,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const reply = await ask(this.known.issued);
      if (reply !== LOST) return reply;
      if (attempt === 3) throw new Error(`Queue ${this.queueId} could not be restored.`);
      beforeRestore?.();
      await this.restore();
    }
  }

  private async restore(): Promise<void> {
    // The database knows what processes knew that are gone by now; without it no place would be safe.
    const saved = await this.repository.find(this.queueId);
    if (saved !== undefined) this.learn(saved);
    const hadHistory = this.known.gen > 0;
    const restored = await this.store.restore(this.known);
    this.learn(restored);
    await this.save();
    if (!hadHistory) return;
    this.metrics.queueRestored.inc({ queue: this.queueId });
    this.logger.warn({ queue: this.queueId, ...restored }, 'queue state was lost and has been restored');
  }

  private learn({ issued = 0, serving = 0, gen = 0 }: Partial<Progress>): void {
    this.known.issued = Math.max(this.known.issued, issued);
    this.known.serving = Math.max(this.known.serving, serving);
    this.known.gen = Math.max(this.known.gen, gen);
  }

  private observe(tick: Tick): void {
    const queue = this.queueId;
    this.metrics.queueActive.set({ queue }, tick.active);
    this.metrics.queueCap.set({ queue }, this.policy.cap);
    if (tick.waiting !== undefined) this.metrics.queueWaiting.set({ queue }, tick.waiting);
    if (tick.ended > 0) this.metrics.queueEnded.inc({ queue, reason: 'lease' }, tick.ended);
    if (tick.idle > 0) this.metrics.queueEnded.inc({ queue, reason: 'idle' }, tick.idle);
    this.observeAdmitted(tick);
  }

  private observeAdmitted({ admitted, waitsMs }: Admitted): void {
    if (admitted > 0) this.metrics.queueAdmitted.inc({ queue: this.queueId }, admitted);
    for (const waitedMs of waitsMs) this.metrics.queueWait.observe({ queue: this.queueId }, waitedMs / 1000);
  }
}

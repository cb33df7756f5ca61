import type { QueueProgress } from '../state/results';
import { CountRate } from './count-rate';

/** Short: an on-sale begins within seconds. */
const WINDOW_MS = 5_000;

/** New entries of one queue, of all processes, measured over the last 5 s. */
export class IssueRate {
  private gen = 0;
  private count = new CountRate(WINDOW_MS);

  add({ nowMs, issued, gen }: Pick<QueueProgress, 'issued' | 'gen'> & { nowMs: number }): void {
    if (gen !== this.gen) this.count = new CountRate(WINDOW_MS); // a restored state leaves out numbers that nobody has
    this.gen = gen;
    this.count.add(nowMs, issued);
  }

  get perSecond(): number {
    return this.count.perSecond;
  }
}

import { seededBy } from '../random.ts';
import { Buyer } from './buyer.ts';
import type { Client } from './client.ts';
import type { Programme } from './programme.ts';

/** Buyers who come one after the other, a number of them at once, until it is stopped. */
export class Workload {
  private isOver = false;
  private slots: Promise<unknown> = Promise.resolve();
  /** Visits that ended by themselves. */
  visits = 0;

  start(o: { seed: number; atOnce: number; holdMs: number }, client: Client, programme: Programme): void {
    this.slots = Promise.all(
      Array.from({ length: o.atOnce }, async (_, i) => {
        const random = seededBy(o.seed, `buyer ${i}`);
        while (!this.isOver && !programme.isClosed) {
          await new Buyer(programme.newcomer(), client, programme, random, o.holdMs).visit();
          this.visits += 1;
        }
      }),
    );
  }

  /** Starts no more buyers; resolves when the present ones have left. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.slots;
  }
}

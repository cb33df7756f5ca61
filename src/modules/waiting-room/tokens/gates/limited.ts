import { Unavailable } from '../../../../common/errors';

/** Runs work of which few pieces may be under way at once, and few more may wait for their turn. */
export class Limited {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly max: { running: number; waiting: number },
    private readonly what: string,
  ) {}

  /** @throws Unavailable (503) when too many wait; what `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.max.running) {
      if (this.waiting.length >= this.max.waiting) throw new Unavailable(this.what);
      await new Promise<void>((resolve) => this.waiting.push(resolve)); // the turn of the one that ends goes over
    } else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}

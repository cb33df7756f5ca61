/** Work in lanes: one piece after the other within a lane, in the order in which it was added, and several lanes at once. */
export class Lanes<Lane, Work> {
  private readonly waiting: { lane: Lane; work: Work }[] = [];
  private readonly busy = new Set<Lane>();

  /**
   * @param max most lanes at once
   * @param run does a piece of work; it does not throw
   * @param onDone after each piece
   */
  constructor(
    private readonly max: number,
    private readonly run: (work: Work) => Promise<void>,
    private readonly onDone: () => void,
  ) {}

  get isIdle(): boolean {
    return this.busy.size + this.waiting.length === 0;
  }

  /** Nothing begins before `begin`. */
  add(lane: Lane, work: Work): void {
    this.waiting.push({ lane, work });
  }

  begin(): void {
    while (this.busy.size < this.max) {
      const next = this.waiting.findIndex(({ lane }) => !this.busy.has(lane));
      const [first] = next === -1 ? [] : this.waiting.splice(next, 1);
      if (first === undefined) return;
      const { lane, work } = first;
      this.busy.add(lane);
      void this.run(work).finally(() => {
        this.busy.delete(lane);
        this.begin();
        this.onDone();
      });
    }
  }
}

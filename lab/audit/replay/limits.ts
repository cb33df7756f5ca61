const numberOf = (word: string | undefined): number | undefined =>
  word === undefined || word === '-' ? undefined : Number(word);

/** The limits in force, by what operators and the controller have decided. */
export class Limits {
  /** Most active users at once; undefined: not said yet. */
  inForce: number | undefined;
  isPaused = false;
  private override: number | undefined;
  private decided: number | undefined;

  /** @returns what is wrong with it */
  set(source: string, limit: number): string | undefined {
    this.inForce = limit;
    if (source === 'operator' && limit !== this.override)
      return `a limit of ${limit} is said to be the operator's, who has set ${this.override ?? 'none'}`;
    if (source !== 'operator' && this.override !== undefined)
      return `a limit of ${limit} is in force against the operator's ${this.override}`;
    if (source === 'auto' && this.decided !== undefined && limit !== this.decided)
      return `a limit of ${limit} is said to be the controller's, which has decided ${this.decided}`;
    return undefined;
  }

  decide(limit: number): void {
    this.decided = limit;
  }

  command(command: string, value: string | undefined): void {
    if (command === 'pause' || command === 'resume') this.isPaused = command === 'pause';
    else if (command === 'limit') this.override = numberOf(value);
    else if (command === 'auto') this.override = undefined;
  }

  /** The limits as a restore states them. */
  restate([paused, override, , decided]: (string | undefined)[]): void {
    this.isPaused = paused === '1';
    this.override = numberOf(override);
    this.decided = numberOf(decided);
    this.inForce = undefined;
  }

  /** Leaves are lost: the decisions are unknown. */
  forget(): void {
    [this.isPaused, this.inForce] = [false, undefined];
  }
}

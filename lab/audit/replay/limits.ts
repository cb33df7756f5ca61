const numberOf = (word: string | undefined): number | undefined =>
  word === undefined || word === '-' ? undefined : Number(word);

/** Lua writes a rate with 14 digits, JavaScript with 17. */
const isSame = (one: number | undefined, other: number | undefined): boolean =>
  one === other || Math.abs((one ?? 0) - (other ?? 0)) < 1e-9 * Math.max(one ?? 0, other ?? 0);

interface InForce {
  source: string;
  limit: number;
  /** Admissions a second; undefined: as many as there is room for. */
  rate: number | undefined;
}

/** The bucket of the rate limit holds what a fifth of a second fills, at least one. */
class Bucket {
  private tokens = 0;
  private filledMs: number | undefined;

  /** @returns whether an admission was left in it; it is full after a clock that stepped back, and when nothing is known */
  take(ms: number, rate: number): boolean {
    const full = Math.max(1, rate / 5);
    const { filledMs } = this;
    const isKnown = filledMs !== undefined && filledMs <= ms;
    const tokens = isKnown ? Math.min(full, this.tokens + (rate * (ms - filledMs)) / 1000) : full;
    [this.tokens, this.filledMs] = [tokens - 1, ms];
    return tokens > 1 - 1e-6;
  }

  forget(): void {
    this.filledMs = undefined;
  }
}

/** The limits in force, by what operators and the controller have decided. */
export class Limits {
  /** undefined: not said yet. */
  private inForce: InForce | undefined;
  /** What was said is wrong: the admissions under it are not found as well. */
  private isFalse = false;
  private isPaused = false;
  private override: number | undefined;
  private overrideRate: number | undefined;
  private decided: number | undefined;
  private decidedRate: number | undefined;
  private readonly bucket = new Bucket();

  /** @returns what is wrong with it */
  set(source: string, limit: number, rateWord: string | undefined): string | undefined {
    const rate = numberOf(rateWord);
    this.inForce = { source, limit, rate };
    const wrong = this.lieIn(this.inForce);
    this.isFalse = wrong !== undefined;
    return wrong;
  }

  private lieIn({ source, limit, rate }: InForce): string | undefined {
    const { override, decided } = this;
    if (source === 'operator' && limit !== override)
      return `a limit of ${limit} is said to be the operator's, who has set ${override ?? 'none'}`;
    if (source !== 'operator' && override !== undefined)
      return `a limit of ${limit} is in force against the operator's ${override}`;
    if (source === 'auto' && decided !== undefined && limit !== decided)
      return `a limit of ${limit} is said to be the controller's, which has decided ${decided}`;
    if (!this.isRateDue) return `a rate of ${rate ?? 'any height'} is in force, and nobody has set it`;
    return undefined;
  }

  /**
   * Judges an admission.
   * @param active users, with the one admitted
   * @returns what is wrong with it
   */
  admit(ms: number, active: number): string[] {
    const { inForce } = this;
    const wrong = this.isPaused ? ['while the queue was paused'] : [];
    if (inForce === undefined) return [...wrong, 'under a limit that was not said'];
    const { limit, rate } = inForce;
    if (!this.isFalse && !this.isDue)
      wrong.push(`under a limit of ${limit} at ${rate ?? 'any rate'}, which was not in force any more`);
    if (active > limit) wrong.push(`as number ${active}, above the limit of ${limit}`);
    if (rate !== undefined && !this.bucket.take(ms, rate)) wrong.push(`faster than ${rate} a second`);
    return wrong;
  }

  /** Whether the limits that were said are those of the last command and the last decision. */
  private get isDue(): boolean {
    const { inForce, override, decided } = this;
    if (!this.isRateDue) return false;
    if (override !== undefined || inForce?.source === 'operator')
      return inForce?.source === 'operator' && inForce.limit === override;
    return inForce?.source !== 'auto' || decided === undefined || inForce.limit === decided;
  }

  /** The operator's rate comes first, then the controller's, which no fixed limit has. */
  private get isRateDue(): boolean {
    const { inForce, overrideRate, decidedRate } = this;
    if (inForce === undefined) return true;
    const { source, rate } = inForce;
    if (overrideRate !== undefined) return isSame(rate, overrideRate);
    if (source === 'auto') return decidedRate === undefined || isSame(rate, decidedRate);
    return rate === undefined || (source === 'operator' && isSame(rate, decidedRate));
  }

  decide(limit: number, rate: string | undefined): void {
    this.decided = limit;
    this.decidedRate = numberOf(rate);
  }

  command(command: string, value: string | undefined): void {
    if (command === 'pause' || command === 'resume') this.isPaused = command === 'pause';
    else if (command === 'limit') this.override = numberOf(value);
    else if (command === 'rate') this.overrideRate = numberOf(value);
    else if (command === 'auto') this.override = this.overrideRate = undefined;
  }

  /** The limits as a restore states them. */
  restate([paused, override, overrideRate, decided, decidedRate]: (string | undefined)[]): void {
    this.isPaused = paused === '1';
    this.override = numberOf(override);
    this.overrideRate = numberOf(overrideRate);
    this.decided = numberOf(decided);
    this.decidedRate = numberOf(decidedRate);
    this.inForce = undefined;
    this.bucket.forget();
  }

  /** Leaves are lost: the decisions are unknown. */
  forget(): void {
    [this.isPaused, this.inForce] = [false, undefined];
    this.bucket.forget();
  }
}

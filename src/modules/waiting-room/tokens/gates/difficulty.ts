/** Between which bits, and above how many tokens a second the difficulty rises. */
export interface DifficultyBounds {
  minBits: number;
  maxBits: number;
  ratePerSecond: number;
}

/**
 * The difficulty at a rate of token issue: the least up to `ratePerSecond`, and one bit more at each doubling of the rate,
 * as each bit doubles what a token costs. It follows from the present rate alone, so it falls as soon as that does.
 */
export function bitsAt(perSecond: number, { minBits, maxBits, ratePerSecond }: DifficultyBounds): number {
  const doublings = perSecond > ratePerSecond ? Math.ceil(Math.log2(perSecond / ratePerSecond)) : 0;
  return Math.min(maxBits, minBits + doublings);
}

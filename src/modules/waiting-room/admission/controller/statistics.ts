export const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);

/** 0 without values. */
export const mean = (values: number[]): number => sum(values) / Math.max(1, values.length);

/** The median of three values; those that are missing count as 0. */
export const medianOfThree = ([a = 0, b = 0, c = 0]: number[]): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

export const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

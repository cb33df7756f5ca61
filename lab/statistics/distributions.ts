/** Quantile of the normal distribution at 0.975. */
const Z_975 = 1.959963984540054;

/**
 * Quantile of Student's t distribution at 0.975, within 0.003 of the table from 5 degrees of freedom on.
 * (Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.5)
 */
export function t975(degreesOfFreedom: number): number {
  const z = Z_975;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return terms.reduce((sum, term, i) => sum + term / degreesOfFreedom ** (i + 1), z);
}

/** Share of the normal distribution above `z` ≥ 0, within 7.5e-8. (Abramowitz & Stegun, 26.2.17) */
export function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const factors = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const polynomial = factors.reduce((sum, factor, i) => sum + factor * t ** (i + 1), 0);
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}

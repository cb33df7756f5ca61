// Kinds of values of variables. The runner refuses a wrong one before it starts anything, the script when it reads it.

export interface Kind<T> {
  expected: string;
  /** @returns undefined for a text that is no such value */
  parse: (text: string) => T | undefined;
}

const numeric = (text: string): number => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN);

export const wholeFrom = (least: number): Kind<number> => ({
  expected: `a whole number, at least ${least}`,
  parse: (text) => {
    const value = numeric(text);
    return Number.isSafeInteger(value) && value >= least ? value : undefined;
  },
});

export const DECIMAL: Kind<number> = {
  expected: 'a number above 0',
  parse: (text) => {
    const value = numeric(text);
    return value > 0 ? value : undefined;
  },
};

/** A part of a whole. */
export const SHARE: Kind<number> = {
  expected: 'a number from 0 to 1',
  parse: (text) => {
    const value = numeric(text);
    return value <= 1 ? value : undefined;
  },
};

const UNIT_SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };
const UNITS = /^(\d+(\.\d+)?(ms|s|m|h))+$/;

/** A duration as k6 writes it, in seconds. */
export const DURATION: Kind<number> = {
  expected: 'a duration above 0 like 500ms, 30s, 1m30s or 2h',
  parse: (text) => {
    if (!UNITS.test(text)) return undefined;
    const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g);
    const total = [...parts].reduce(
      (sum, [, n, unit]) => sum + Number(n) * (UNIT_SECONDS[unit ?? ''] ?? 0),
      0,
    );
    return total > 0 ? total : undefined;
  },
};

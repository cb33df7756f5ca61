import { Contradiction } from '../errors';
import { PriceClassName } from '../layouts/schema';

/** Of what a refusal names. */
const MAX_NAMED = 20;

/**
 * Prices by the names of a layout's classes, which are composed and have no blanks around them.
 * @throws Contradiction (400) unless each class has one: of two names that are the same then, one would be dropped
 */
export function pricesByClass(
  classes: ReadonlySet<string>,
  sent: Record<string, number>,
): Map<string, number> {
  const prices = new Map<string, number>();
  const twice = new Set<string>();
  for (const [text, amount] of Object.entries(sent)) {
    const name = PriceClassName.safeParse(text).data ?? text;
    if (prices.has(name)) twice.add(name);
    prices.set(name, amount);
  }
  const missing = [...classes].filter((name) => !prices.has(name));
  const unknown = [...prices.keys()].filter((name) => !classes.has(name));
  if (twice.size > 0) throw new Contradiction(`prices: ${named([...twice])} more than once.`);
  if (missing.length > 0) throw new Contradiction(`prices: ${named(missing)} missing.`);
  if (unknown.length > 0) throw new Contradiction(`prices: the layout has no class ${named(unknown)}.`);
  return prices;
}

const named = (names: string[]): string => names.slice(0, MAX_NAMED).join(', ');

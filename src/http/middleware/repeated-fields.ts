/** A string of JSON, and the colon behind it that makes it the name of a field. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"\s*(:?)/gs;

/**
 * Whether JSON has two fields of one name in an object. A parser keeps one of them and drops the other without a word: a
 * proxy may have checked the one, and the other would be done.
 * @param text valid JSON @param value what it was parsed into
 */
export function repeatsField(text: string, value: unknown): boolean {
  let names = 0;
  for (const [, colon] of text.matchAll(STRING)) if (colon === ':') names++;
  return names !== countFields(value);
}

/** The fields of a value and of all within it; without recursion, since it may be deep. */
function countFields(value: unknown): number {
  let count = 0;
  const left: unknown[] = [value];
  while (left.length > 0) {
    const each = left.pop();
    if (typeof each !== 'object' || each === null) continue;
    const inner: unknown[] = Object.values(each);
    if (!Array.isArray(each)) count += inner.length;
    for (const one of inner) left.push(one);
  }
  return count;
}

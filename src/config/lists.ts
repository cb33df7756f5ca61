/** The entries of a list with `,` between them; blanks around them do not matter. @throws Error for an empty one */
export function splitList(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.includes('')) throw new Error('must have something before and after each comma');
  return entries;
}

/** @throws Error where a list says something twice: one of the two was meant to be another */
export function refuseTwice(names: string[]): void {
  const lower = names.map((name) => name.toLowerCase());
  const twice = names.find((_, i) => lower.indexOf(lower[i] ?? '') !== i);
  if (twice !== undefined) throw new Error(`must not have "${twice}" twice`);
}

/** A token of HTTP: what the name of a header may be. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * `name=value,name=value`, values with %xx for what is not plain, as OpenTelemetry has it in its variables.
 * @throws Error that says what is wrong, without the value: it may be a secret
 */
export function parsePairs(text: string): Record<string, string> {
  if (text === '') return {};
  const pairs = splitList(text).map((pair): [string, string] => {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, at)).trim();
    if (!NAME.test(name)) throw new Error('must be name=value,name=value,…');
    return [name, decoded(pair.slice(at + 1).trim())];
  });
  refuseTwice(pairs.map(([name]) => name));
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  let value: string;
  try {
    value = decodeURIComponent(text);
  } catch {
    throw new Error('must have only %xx that are UTF-8: write % as %25');
  }
  if (/\p{Cc}/u.test(value)) throw new Error('must have no line breaks or other control characters');
  return value;
}

/** Control and format characters: nobody sees them in a value, and what is compared with it has none. */
export const INVISIBLE = /[\p{Cc}\p{Cf}]/u;

/** Text with %xx. @throws Error that says what is wrong, without the text */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('must have only %xx that are UTF-8: write % as %25');
  }
}

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
const IN_HEADER = /^[\t -~]*$/;
/** Headers that say where a message ends or goes: the client sets them. */
const FRAMING =
  /^(?:connection|content-(?:encoding|length|type)|expect|host|te|trailer|transfer-encoding|upgrade)$/i;

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
    const value = percentDecoded(pair.slice(at + 1).trim());
    if (/\p{Cc}/u.test(value)) throw new Error('must have no line breaks or other control characters');
    return [name, value];
  });
  refuseTwice(pairs.map(([name]) => name));
  return Object.fromEntries(pairs);
}

/** The same, as headers. @throws Error that says what is wrong, without the value */
export function parseHeaders(text: string): Record<string, string> {
  const headers = parsePairs(text);
  for (const [name, value] of Object.entries(headers)) {
    if (FRAMING.test(name)) throw new Error(`must not have "${name}": it is set for each message`);
    if (!IN_HEADER.test(value))
      throw new Error(
        `must have only letters, digits and signs of ASCII in "${name}": it travels in a header`,
      );
  }
  return headers;
}

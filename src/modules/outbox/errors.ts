/** The event can never be understood: no JSON, no id, or not what its topic promises. It is not tried again. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}

const MAX_DESCRIPTION = 500;

/** One line about an error and what caused it, short enough for a header or a column. */
export function describeFailure(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at instanceof Error && texts.length < 4; at = at.cause)
    if (!texts.includes(at.message)) texts.push(at.message);
  return shortened(texts.join(': ') || String(error), MAX_DESCRIPTION);
}

/** The first `max` characters, as the database counts them: an emoji is one, and never cut in two. */
export const shortened = (text: string, max: number): string => Array.from(text).slice(0, max).join('');

/** The event can never be understood: no JSON, no id, or not what its topic promises. Not tried again. */
export class MalformedEvent extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedEvent';
  }
}

/** The notifier refused or did not answer; the event is tried again. */
export class NotifyFailed extends Error {
  constructor(override readonly cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.name = 'NotifyFailed';
  }
}

const LONGEST_TEXT = 500;

/** One line about an error and what caused it, short enough for a header or a column. */
export function textOf(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at instanceof Error && texts.length < 4; at = at.cause)
    if (!texts.includes(at.message)) texts.push(at.message);
  return shortened(texts.join(': ') || String(error), LONGEST_TEXT);
}

/** The first `most` characters, as the database counts them: an emoji is one, and never cut in two. */
export const shortened = (text: string, most: number): string => Array.from(text).slice(0, most).join('');

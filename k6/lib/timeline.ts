import { oneOf } from './options.ts';

/** k6 provides it, but its types do not declare it. */
declare const console: { log: (line: string) => void };

const TIMELINE = oneOf('TIMELINE', ['0', '1']) === '1';

/**
 * With TIMELINE=1, writes a line for each event of an active user, `timeline <ms since 1970> <what> [<numbers>]`. The report of
 * the admission controller reads them per second, because the sample streams of k6 itself take a whole core.
 */
export function record(what: string, ...numbers: number[]): void {
  if (TIMELINE) console.log(['timeline', Date.now(), what, ...numbers].join(' '));
}

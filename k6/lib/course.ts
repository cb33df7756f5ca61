import { oneOf } from './options.ts';

/** k6 has it; its types do not. */
declare const console: { log: (line: string) => void };

const TIMELINE = oneOf('TIMELINE', ['0', '1']) === '1';

/**
 * With TIMELINE=1 a line for each event of those inside, `course <ms since 1970> <what> [<numbers>]`: npm run lab -- admission tells
 * by them how buyers fared in each second. The sample streams of k6 itself take a core of their own.
 */
export function tell(what: string, ...numbers: number[]): void {
  if (TIMELINE) console.log(['course', Date.now(), what, ...numbers].join(' '));
}

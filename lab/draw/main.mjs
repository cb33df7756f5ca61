import { parseArgs } from 'node:util';
import { readDraws, recompute } from './recompute.mjs';

const { values } = parseArgs({
  options: { url: { type: 'string' }, queue: { type: 'string' }, order: { type: 'boolean' } },
});
const { queue = 'main' } = values;
const url = (values.url ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
const UNKNOWN = 2;

/** Prints each draw. @returns {boolean} whether all are as published */
function judge(draws) {
  let isSound = true;
  for (const { draw, registrants } of draws) {
    const { problems, order } = recompute(queue, draw, registrants);
    isSound &&= problems.length === 0;
    console.log(
      `draw ${draw.number}: ${registrants.length} registered, ${problems.join('; ') || 'as published'}`,
    );
    if (values.order) for (const [seq, drawn] of order) console.log(`${seq},${drawn}`);
  }
  if (draws.length === 0) console.log('no draw is published');
  return isSound;
}

try {
  process.exitCode = judge(await readDraws(url, queue)) ? 0 : 1;
} catch (error) {
  console.error(`The draws of ${url} cannot be read: ${error.cause?.message || error.message}`);
  process.exitCode = UNKNOWN;
}

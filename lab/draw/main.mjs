import { parseArgs } from 'node:util';
import { readDraws, recompute } from './recompute.mjs';

const { values } = parseArgs({
  options: { url: { type: 'string' }, queue: { type: 'string' }, order: { type: 'boolean' } },
});
const draws = await readDraws(values.url ?? 'http://127.0.0.1:8080', values.queue ?? 'main');
let isSound = true;
for (const { draw, registrants } of draws) {
  const { problems, order } = recompute(values.queue ?? 'main', draw, registrants);
  isSound &&= problems.length === 0;
  console.log(
    `draw ${draw.number}: ${registrants.length} registered, ${problems.join('; ') || 'as published'}`,
  );
  if (values.order) for (const [seq, drawn] of order) console.log(`${seq},${drawn}`);
}
if (draws.length === 0) console.log('no draw is published');
process.exitCode = isSound ? 0 : 1;

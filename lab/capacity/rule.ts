import { createRequire } from 'node:module';
import { join } from 'node:path';

const product = createRequire(join(process.cwd(), 'package.json'));

/** The product's own rules, compiled: the model must not have others. */
export const { pollAfterMs, jittered } = product(
  './dist/modules/waiting-room/polling/interval.js',
) as typeof import('../../src/modules/waiting-room/polling/interval');

export const { SEGMENT } = product(
  './dist/modules/waiting-room/snapshot/segment.js',
) as typeof import('../../src/modules/waiting-room/snapshot/segment');

export const { CountRate } = product(
  './dist/modules/waiting-room/polling/count-rate.js',
) as typeof import('../../src/modules/waiting-room/polling/count-rate');

export const { RATE_WINDOW_MS } = product(
  './dist/modules/waiting-room/polling/queue-eta.js',
) as typeof import('../../src/modules/waiting-room/polling/queue-eta');

export const { etaSeconds } = product(
  './dist/modules/waiting-room/polling/eta.js',
) as typeof import('../../src/modules/waiting-room/polling/eta');

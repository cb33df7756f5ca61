import { createRequire } from 'node:module';
import { join } from 'node:path';

const product = createRequire(join(process.cwd(), 'package.json'));

/** The product's own rules, compiled: the model must not have others. */
export const { pollAfterMs, jittered } = product(
  './dist/modules/queue/polling.js',
) as typeof import('../../src/modules/queue/polling');

export const { SEGMENT } = product(
  './dist/modules/queue/presence.js',
) as typeof import('../../src/modules/queue/presence');

export const { AdmissionRate, etaSeconds } = product(
  './dist/modules/queue/eta.js',
) as typeof import('../../src/modules/queue/eta');

import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The product's own rule, compiled: the model must not have another. */
export const { pollAfterMs, jittered } = createRequire(join(process.cwd(), 'package.json'))(
  './dist/modules/queue/polling.js',
) as typeof import('../../src/modules/queue/polling');

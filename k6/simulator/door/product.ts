import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The product's own rules, compiled: the model must not have others. */
const load = createRequire(join(process.cwd(), 'package.json'));

export const { Shedder } = load('./dist/http/shedder.js') as {
  Shedder: new (targetMs: number, nowMs: () => number) => { enter(): boolean; leave(): void };
};
export const { decide, newMemory, QUIET_SECONDS } = load(
  './dist/modules/queue/controller.js',
) as typeof import('../../../src/modules/queue/controller.ts');
export const { observe, quantileMs, silence } = load(
  './dist/modules/queue/signals.js',
) as typeof import('../../../src/modules/queue/signals.ts');
export type { Signals } from '../../../src/modules/queue/signals.ts';

import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The product's own rules, compiled: the model must not have others. */
const load = createRequire(join(process.cwd(), 'package.json'));

export const { LoadShedder } = load('./dist/http/shedder.js') as {
  LoadShedder: new (targetMs: number, nowMs: () => number) => { enter(): boolean; leave(): void };
};
export const { decide, newControllerState, INACTIVE_SECONDS } = load(
  './dist/modules/waiting-room/admission/controller.js',
) as typeof import('../../../src/modules/waiting-room/admission/controller.ts');
export const { recordRequest, quantileMs, emptySignals } = load(
  './dist/modules/waiting-room/admission/signals.js',
) as typeof import('../../../src/modules/waiting-room/admission/signals.ts');
export type { Signals } from '../../../src/modules/waiting-room/admission/signals.ts';

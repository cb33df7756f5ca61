import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The product's own rules, compiled: the model must not have others. */
const load = createRequire(join(process.cwd(), 'package.json'));

export const { LoadShedder } = load('./dist/http/limits/shedder.js') as {
  LoadShedder: new (targetMs: number, nowMs: () => number) => { enter(): boolean; leave(): void };
};
export const { decide } = load(
  './dist/modules/waiting-room/admission/controller/controller.js',
) as typeof import('../../../src/modules/waiting-room/admission/controller/controller.ts');
export const { newControllerState } = load(
  './dist/modules/waiting-room/admission/controller/estimates.js',
) as typeof import('../../../src/modules/waiting-room/admission/controller/estimates.ts');
export const { INACTIVE_SECONDS } = load(
  './dist/modules/waiting-room/admission/controller/tuning.js',
) as typeof import('../../../src/modules/waiting-room/admission/controller/tuning.ts');
export const { recordRequest, quantileMs, emptySignals } = load(
  './dist/modules/waiting-room/admission/signals.js',
) as typeof import('../../../src/modules/waiting-room/admission/signals.ts');
export type { Signals } from '../../../src/modules/waiting-room/admission/signals.ts';

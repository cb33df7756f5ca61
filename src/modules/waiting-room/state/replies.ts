import type { ScriptArgument } from '../../../platform/redis/redis';
import { type AdmissionState, INITIAL_ADMISSION_STATE } from '../admission/policy';
import type { SnapshotDelta } from './store';

/** The state is gone or older than known: restore it, then ask again. */
export const LOST = Symbol('lost');
/** The queue never issued such a token. */
export const UNKNOWN = Symbol('unknown');

export type Numbers<N extends number, A extends number[] = []> = A['length'] extends N
  ? A
  : Numbers<N, [...A, number]>;

export type AdmitReply = ['OK' | 'LOST', ...Numbers<2>, admitted: number[], waitsMs: number[]];
export type FinishReply = [...AdmitReply, isNew: number, deadlinesMs: number[]];

/** `+<seq>:<lease deadline>` or `-<seq>:…` */
export function readChange(change: Buffer): SnapshotDelta['changes'][number] {
  const text = change.toString('latin1');
  const colon = text.indexOf(':');
  const seq = Number(text.slice(1, colon));
  return { seq, sessionUntilMs: text.startsWith('+') ? Number(text.slice(colon + 1)) : undefined };
}

/** In the order of the scripts. */
export function readAdmission(fields: (Buffer | null)[]): AdmissionState {
  const [cap, rate, said, handCap, handRate, paused, capAt] = fields.map((field) => field?.toString());
  const number = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : Number(text);
  return {
    ...{
      autoLimit: number(cap),
      autoRate: number(rate),
      lastDecision: said,
      limitAtAdmission: number(capAt),
    },
    ...{ overrideLimit: number(handCap), overrideRate: number(handRate), paused: paused === '1' },
  };
}

export function admissionFields(door?: AdmissionState): ScriptArgument[] {
  const { autoLimit, autoRate, lastDecision, overrideLimit, overrideRate, paused, limitAtAdmission } =
    door ?? INITIAL_ADMISSION_STATE;
  return [
    autoLimit,
    autoRate,
    lastDecision,
    overrideLimit,
    overrideRate,
    paused ? 1 : undefined,
    limitAtAdmission,
  ].map((field) => field ?? '');
}

export function readBitmaps(flat: (number | Buffer)[]): SnapshotDelta['bitmaps'] {
  const bitmaps: SnapshotDelta['bitmaps'] = [];
  for (let i = 0; i + 2 < flat.length; i += 3)
    bitmaps.push({
      epoch: flat[i] as number,
      segmentId: flat[i + 1] as number,
      bitmap: flat[i + 2] as Buffer,
    });
  return bitmaps;
}

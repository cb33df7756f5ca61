import type { ScriptArgument } from '../../infra/redis';
import { type DoorState, UNTOUCHED } from './admission';
import type { Delta } from './store';

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
export function readChange(change: Buffer): Delta['changes'][number] {
  const text = change.toString('latin1');
  const colon = text.indexOf(':');
  const seq = Number(text.slice(1, colon));
  return { seq, leaseUntilMs: text.startsWith('+') ? Number(text.slice(colon + 1)) : undefined };
}

/** In the order of the scripts. */
export function readDoor(fields: (Buffer | null)[]): DoorState {
  const [cap, rate, said, handCap, handRate, paused, capAt] = fields.map((field) => field?.toString());
  const number = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : Number(text);
  return {
    ...{ cap: number(cap), rate: number(rate), said, capAt: number(capAt) },
    ...{ handCap: number(handCap), handRate: number(handRate), paused: paused === '1' },
  };
}

export function doorFields(door?: DoorState): ScriptArgument[] {
  const { cap, rate, said, handCap, handRate, paused, capAt } = door ?? UNTOUCHED;
  return [cap, rate, said, handCap, handRate, paused ? 1 : undefined, capAt].map((field) => field ?? '');
}

export function readBitmaps(flat: (number | Buffer)[]): Delta['bitmaps'] {
  const bitmaps: Delta['bitmaps'] = [];
  for (let i = 0; i + 2 < flat.length; i += 3)
    bitmaps.push({
      epoch: flat[i] as number,
      segmentId: flat[i + 1] as number,
      bitmap: flat[i + 2] as Buffer,
    });
  return bitmaps;
}

import type { AdmissionState } from './policy';

/** What an operator has set on a queue; undefined: not set. */
export interface Override {
  limit: number | undefined;
  /** Admissions a second. */
  rate: number | undefined;
  paused: boolean;
}

export const overrideOf = (state: AdmissionState): Override => ({
  limit: state.overrideLimit,
  rate: state.overrideRate,
  paused: state.paused,
});

/**
 * `<limit>/<rate>/<paused>`, as set-override-4.lua compares it. It names the override by its content, so it needs no
 * counter that a lost Redis could set back.
 */
export const tagOf = ({ limit, rate, paused }: Override): string =>
  [limit ?? '', rate ?? '', paused ? 1 : ''].join('/');

const TAG = /^(\d*)\/(\d*)\/(1?)$/;

/** @throws for a text that is no tag */
export function readOverride(tag: string): Override {
  const [, limit = '', rate = '', paused] = TAG.exec(tag) ?? [];
  if (paused === undefined) throw new Error(`not the tag of an override: ${tag}`);
  const number = (text: string): number | undefined => (text === '' ? undefined : Number(text));
  return { limit: number(limit), rate: number(rate), paused: paused === '1' };
}

export const isTag = (text: string): boolean => TAG.test(text);

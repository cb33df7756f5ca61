import type { ScriptArgument } from '../../../platform/redis/redis';
import { type AdmissionState, INITIAL_ADMISSION_STATE } from '../admission/policy';

/**
 * The fields of the state's hash that hold a queue's admission, in the order in which scripts send and take them. The
 * scripts' own list (lua/include/admission-fields.lua) must be the same; test/waiting-room/admission/fields.test.ts compares.
 */
export const ADMISSION_FIELDS = [
  'autoLimit',
  'autoRate',
  'lastDecision',
  'overrideLimit',
  'overrideRate',
  'paused',
  'limitAtAdmission',
  'collectsSince',
  'opensAt',
  'drawing',
  'cut',
  'draws',
] as const satisfies (keyof AdmissionState)[];

type Field = (typeof ADMISSION_FIELDS)[number];

/** @param values in the order of ADMISSION_FIELDS; null: not set */
export function readAdmission(values: (Buffer | null)[]): AdmissionState {
  const text = (field: Field): string | undefined => values[ADMISSION_FIELDS.indexOf(field)]?.toString();
  const number = (field: Field): number | undefined => {
    const value = text(field);
    return value === undefined ? undefined : Number(value);
  };
  return {
    autoLimit: number('autoLimit'),
    autoRate: number('autoRate'),
    lastDecision: text('lastDecision'),
    overrideLimit: number('overrideLimit'),
    overrideRate: number('overrideRate'),
    paused: text('paused') === '1',
    limitAtAdmission: number('limitAtAdmission'),
    collectsSince: text('collectsSince'),
    opensAt: number('opensAt'),
    drawing: text('drawing') === '1',
    cut: text('cut'),
    draws: text('draws'),
  };
}

/** In the order of ADMISSION_FIELDS; an empty text stands for a field that is not set. */
export function admissionArguments(state: AdmissionState = INITIAL_ADMISSION_STATE): ScriptArgument[] {
  return ADMISSION_FIELDS.map((field) => {
    const value = state[field];
    if (typeof value === 'boolean') return value ? 1 : '';
    return value ?? '';
  });
}

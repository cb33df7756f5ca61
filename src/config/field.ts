import { z } from 'zod';
import { type Check, parseLimits } from './checks';
import { closest } from './closest';

declare module 'zod' {
  interface GlobalMeta {
    /** What a variable does: the table in docs/configuration.md is printed from these. */
    about?: string;
    unit?: string;
  }
}

export interface About {
  about: string;
}
interface AboutNumber extends About {
  unit?: string;
}

/** Blanks around a value are a slip (a Secret made with `echo`), and a blank alone must not count as 0 or as unset. */
export const given = z
  .string()
  .refine((value) => value.trim() !== '', {
    error: 'must not be blank: leave it empty for its default',
    abort: true,
  })
  .refine((value) => value === value.trim(), {
    error: 'must not begin or end with a blank or a line break',
    abort: true,
  });

/** One environment variable: how it is read, checked and explained. An empty one counts as unset. */
export const variable = <S extends z.ZodType>(schema: S, { about, unit }: AboutNumber) =>
  z
    .preprocess((raw) => (raw === '' ? undefined : raw), schema)
    .meta({ about, ...(unit !== undefined && { unit }) });

const WHOLE_NUMBER = /^(?:0|[1-9]\d*)$/;
const COUNT = /^[1-9]\d{0,8}$/;

const wholeNumber = (min: number, max: number) =>
  given
    .refine((text) => WHOLE_NUMBER.test(text) && Number(text) >= min && Number(text) <= max, {
      error: ({ input }) =>
        `must be a whole number from ${min} to ${max}, in plain digits, not "${String(input)}"`,
    })
    .transform(Number);

export const integer = ({
  min,
  max = Number.MAX_SAFE_INTEGER,
  default: otherwise,
  ...about
}: AboutNumber & { min: number; max?: number; default: number }) =>
  variable(wholeNumber(min, max).default(otherwise), about);

/** A port; undefined when the variable is empty. */
export const optionalPort = (about: About) => variable(wholeNumber(0, 65_535).optional(), about);

/** A whole number, or `auto`. */
export const integerOrAuto = (about: AboutNumber) =>
  variable(
    given
      .refine((text) => text === 'auto' || COUNT.test(text), {
        error: ({ input }) =>
          `must be a whole number from 1 to 999999999, in plain digits, or auto, not "${String(input)}"`,
      })
      .transform((text) => (text === 'auto' ? text : Number(text)))
      .default('auto'),
    about,
  );

export const oneOf = <const T extends string>(o: About & { values: readonly T[]; default: T }) =>
  variable(
    given
      .transform((text, context) => {
        const value = o.values.find((one) => one === text);
        if (value !== undefined) return value;
        const meant = closest(text, o.values);
        const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
        context.addIssue(`must be one of ${o.values.join(', ')}, not "${text}"${hint}`);
        return z.NEVER;
      })
      .default(o.default as z.util.NoUndefined<Awaited<T>>),
    { about: `${o.about} (${o.values.join(' \\| ')})` },
  );

export const parsedBy =
  (parse: (value: string) => unknown): Check =>
  (value) => {
    parse(value);
    return undefined;
  };

export function faultOf(value: string, check: Check | undefined): string | undefined {
  try {
    return check?.(value);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const SHARE = /^(?:0?\.\d{1,9}|0|1(?:\.0{1,9})?)$/;

/** A number from 0 to 1. */
export const share = ({ default: otherwise, about }: About & { default: number }) =>
  variable(
    given
      .refine((value) => SHARE.test(value), {
        error: ({ input }) => `must be a number from 0 to 1, as 0.01, not "${String(input)}"`,
      })
      .transform(Number)
      .default(otherwise),
    { about },
  );

/** `id=number,id=auto,…` */
export const numbersById = (about: About) =>
  variable(
    given
      .superRefine((value, context) => {
        const fault = faultOf(value, parsedBy(parseLimits));
        if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, continue: false });
      })
      .transform(parseLimits)
      .default(() => new Map()),
    about,
  );

/** One environment variable: how it is read, checked and explained. The README's table is printed from these. */
export interface Field<T> {
  about: string;
  unit?: string;
  shown: string;
  /** Returns the value or throws an Error that says what is wrong (without the variable's name). */
  parse(raw: string | undefined): T;
}

export const integer = (o: {
  min: number;
  max?: number;
  default: number;
  unit?: string;
  about: string;
}): Field<number> => ({
  about: o.about,
  ...(o.unit === undefined ? {} : { unit: o.unit }),
  shown: String(o.default),
  parse(raw) {
    if (raw === undefined || raw === '') return o.default;
    const value = Number(raw);
    const max = o.max ?? Number.MAX_SAFE_INTEGER;
    if (!Number.isSafeInteger(value) || value < o.min || value > max)
      throw new Error(`must be a whole number from ${o.min} to ${max}, not "${raw}"`);
    return value;
  },
});

/** A port that need not be; undefined when the variable is empty. */
export const optionalPort = (o: { about: string }): Field<number | undefined> => ({
  about: o.about,
  shown: '',
  parse: (raw) =>
    raw === undefined || raw === ''
      ? undefined
      : integer({ min: 0, max: 65_535, default: 0, about: o.about }).parse(raw),
});

export const oneOf = <const T extends string>(o: {
  values: readonly T[];
  default: T;
  about: string;
}): Field<T> => ({
  about: `${o.about} (${o.values.join(' \\| ')})`,
  shown: o.default,
  parse(raw) {
    if (raw === undefined || raw === '') return o.default;
    const value = o.values.find((v) => v === raw);
    if (value === undefined) throw new Error(`must be one of ${o.values.join(', ')}, not "${raw}"`);
    return value;
  },
});

export const text = (o: {
  default: string;
  about: string;
  check?: (value: string) => string | undefined;
}): Field<string> => ({
  about: o.about,
  shown: o.default,
  parse(raw) {
    const value = raw === undefined || raw === '' ? o.default : raw;
    const fault = o.check?.(value);
    if (fault !== undefined) throw new Error(fault);
    return value;
  },
});

/** Empty, or long enough that nobody finds it out. */
export const secret = (o: { about: string }): Field<string> =>
  text({
    default: '',
    about: o.about,
    check: (value) =>
      value !== '' && Buffer.byteLength(value) < 32 ? 'must be at least 32 bytes long' : undefined,
  });

/** `isList`: several with `,` between them are one value, too. */
export const url = (o: {
  protocols: string[];
  default: string;
  about: string;
  isList?: true;
}): Field<string> =>
  text({
    default: o.default,
    about: o.about,
    check: (value) => {
      if (value === '') return undefined;
      const isRight = (one: string): boolean =>
        URL.canParse(one) && o.protocols.includes(new URL(one).protocol);
      if ((o.isList ? value.split(',') : [value]).every((one) => isRight(one.trim()))) return undefined;
      const starts = o.protocols.map((p) => `${p}//`).join(' or ');
      return o.isList
        ? `must be a URL that starts with ${starts}, or several with commas between them`
        : `must be a URL that starts with ${starts}`;
    },
  });

/** A whole number, or `auto`. */
export const integerOrAuto = (o: { about: string; unit: string }): Field<number | 'auto'> => ({
  about: o.about,
  unit: o.unit,
  shown: 'auto',
  parse(raw) {
    if (raw === undefined || raw === '' || raw === 'auto') return 'auto';
    if (!/^[1-9]\d{0,8}$/.test(raw))
      throw new Error(`must be a whole number from 1 on, or auto, not "${raw}"`);
    return Number(raw);
  },
});

/** `id=number,id=auto,…` */
export const numbersById = (o: { about: string }): Field<Record<string, number | 'auto'>> => ({
  about: o.about,
  shown: '',
  parse(raw) {
    const entries = (raw ?? '').split(',').filter((entry) => entry.trim() !== '');
    return Object.fromEntries(
      entries.map((entry): [string, number | 'auto'] => {
        const [, id, cap] = /^\s*([\w-]{1,64})=([1-9]\d{0,8}|auto)\s*$/.exec(entry) ?? [];
        if (id === undefined) throw new Error(`must be id=number,id=auto,… not "${entry}"`);
        return [id, cap === 'auto' ? cap : Number(cap)];
      }),
    );
  },
});

export const timeZone = (value: string): string | undefined => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return undefined;
  } catch {
    return `must be an IANA time zone such as Asia/Seoul, not "${value}"`;
  }
};

export const brokerList = (value: string): string | undefined =>
  value === '' || value.split(',').every((broker) => /^[^\s:]+:\d{1,5}$/.test(broker.trim()))
    ? undefined
    : `must be host:port,host:port,… not "${value}"`;

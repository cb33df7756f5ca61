import { closest } from './closest';
import { isHost, parseBrokers, parseDatabaseUrl, parseRedisUrls, parseUrl, splitList } from './urls';

/** One environment variable: how it is read, checked and explained. The README's table is printed from these. */
export interface Field<T> {
  about: string;
  unit?: string;
  shown: string;
  /** Returns the value or throws an Error that says what is wrong (without the variable's name). */
  parse(raw: string | undefined): T;
}

/**
 * What a variable says; undefined: nothing. Blanks around it are somebody's slip (a Secret made with `echo`), and a
 * blank alone must not be taken for 0 or for "unset".
 */
function given(raw: string | undefined): string | undefined {
  if (raw === undefined || raw === '') return undefined;
  if (raw.trim() === '') throw new Error('must not be blank: leave it empty for its default');
  if (raw !== raw.trim()) throw new Error('must not begin or end with a blank or a line break');
  return raw;
}

const WHOLE_NUMBER = /^(?:0|[1-9]\d*)$/;

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
    const text = given(raw);
    if (text === undefined) return o.default;
    const value = WHOLE_NUMBER.test(text) ? Number(text) : NaN;
    const max = o.max ?? Number.MAX_SAFE_INTEGER;
    if (!(value >= o.min && value <= max))
      throw new Error(`must be a whole number from ${o.min} to ${max}, in plain digits, not "${text}"`);
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
    const text = given(raw);
    if (text === undefined) return o.default;
    const value = o.values.find((v) => v === text);
    if (value !== undefined) return value;
    const meant = closest(text, o.values);
    throw new Error(
      `must be one of ${o.values.join(', ')}, not "${text}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    );
  },
});

/** `check` returns what is wrong, or throws it. */
export const text = (o: {
  default: string;
  about: string;
  check?: (value: string) => string | undefined;
}): Field<string> => ({
  about: o.about,
  shown: o.default,
  parse(raw) {
    const value = given(raw);
    if (value === undefined) return o.default;
    const fault = o.check?.(value);
    if (fault !== undefined) throw new Error(fault);
    return value;
  },
});

const LEAST_SECRET_BYTES = 32;
/** Of 32 random hexadecimal digits, fewer are different once in 10^16. */
const LEAST_SECRET_LETTERS = 5;

/** Empty, or long and varied enough that nobody finds it out. */
export const secret = (o: { about: string; check?: (value: string) => string | undefined }): Field<string> =>
  text({
    default: '',
    about: o.about,
    check: (value) => {
      if (Buffer.byteLength(value) < LEAST_SECRET_BYTES)
        return `must be at least ${LEAST_SECRET_BYTES} bytes long`;
      if (new Set(value).size < LEAST_SECRET_LETTERS)
        return `must be random: it has fewer than ${LEAST_SECRET_LETTERS} different characters`;
      return o.check?.(value);
    },
  });

/** A secret that travels in a header, after `Bearer `. */
export const headerSecret = (o: { about: string }): Field<string> =>
  secret({
    about: o.about,
    check: (value) =>
      /^[!-~]+$/.test(value)
        ? undefined
        : 'must have only letters, digits and signs of ASCII, and no blanks: it travels in a header',
  });

const checked =
  (parse: (value: string) => unknown) =>
  (value: string): undefined => {
    parse(value);
  };

/** Empty, or a URL of the web. */
export const webUrl = (o: { about: string }): Field<string> =>
  text({ default: '', about: o.about, check: checked((value) => parseUrl(value, ['http:', 'https:'])) });

export const databaseUrl = (o: { default: string; about: string }): Field<string> =>
  text({
    ...o,
    check: (value) => {
      const { user, database } = parseDatabaseUrl(value);
      if (database === '') return 'must name a database: mariadb://user:password@host:port/database';
      return user === '' ? 'must name a user: mariadb://user:password@host:port/database' : undefined;
    },
  });

export const redisUrls = (o: { default: string; about: string }): Field<string> =>
  text({ ...o, check: checked(parseRedisUrls) });

export const brokers = (o: { about: string }): Field<string> =>
  text({ ...o, default: '', check: checked(parseBrokers) });

/** A whole number, or `auto`. */
export const integerOrAuto = (o: { about: string; unit: string }): Field<number | 'auto'> => ({
  about: o.about,
  unit: o.unit,
  shown: 'auto',
  parse(raw) {
    const text = given(raw);
    if (text === undefined || text === 'auto') return 'auto';
    if (!/^[1-9]\d{0,8}$/.test(text))
      throw new Error(`must be a whole number from 1 to 999999999, in plain digits, or auto, not "${text}"`);
    return Number(text);
  },
});

/** Every object of JavaScript has these: an object that is keyed by queue, as readers of JSON make it, would find them. */
const isInherited = (id: string): boolean => id in {};

/** Why this cannot be a queue's id, if so. */
export function queueId(id: string): string | undefined {
  if (!/^[\w-]{1,64}$/.test(id)) return `must be 1 to 64 letters, digits, _ or -, not "${id}"`;
  return isInherited(id)
    ? `must not be "${id}": every object of JavaScript has something of that name`
    : undefined;
}

/** `id=number,id=auto,…` */
export const numbersById = (o: { about: string }): Field<ReadonlyMap<string, number | 'auto'>> => ({
  about: o.about,
  shown: '',
  parse(raw) {
    const text = given(raw);
    const limits = new Map<string, number | 'auto'>();
    for (const entry of text === undefined ? [] : splitList(text)) {
      const [, id, limit] = /^([^=]*)=([1-9]\d{0,8}|auto)$/.exec(entry) ?? [];
      if (id === undefined)
        throw new Error(`must be id=number,id=auto,… with numbers from 1 to 999999999, not "${entry}"`);
      const fault = queueId(id);
      if (fault !== undefined) throw new Error(`must have ids that are right; each ${fault}`);
      if (limits.has(id)) throw new Error(`must not have the same queue twice: "${id}"`);
      limits.set(id, limit === 'auto' ? limit : Number(limit));
    }
    return limits;
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

export const listenAddress = (value: string): string | undefined =>
  isHost(value) ? undefined : `must be an IP address without brackets, or a host's name, not "${value}"`;

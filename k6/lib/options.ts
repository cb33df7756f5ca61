// Variables of all scripts. A wrong value ends the run with the name of the variable before there is any load.
import { randomSeed } from 'k6';
import { DECIMAL, DURATION, type Kind, SHARE, wholeFrom } from './values.ts';

function read<T>(name: string, fallback: T, { expected, parse }: Kind<T>): T {
  const text = __ENV[name];
  if (text === undefined || text === '') return fallback;
  const value = parse(text);
  if (value === undefined) throw new Error(`${name} is "${text}": expected ${expected}`);
  return value;
}

export const whole = (name: string, fallback: number, least = 1): number =>
  read(name, fallback, wholeFrom(least));

export const decimal = (name: string, fallback: number): number => read(name, fallback, DECIMAL);

/** A part of a whole: 0 to 1. */
export const share = (name: string, fallback: number): number => read(name, fallback, SHARE);

export const oneOf = <T extends string>(name: string, choices: readonly [T, ...T[]]): T =>
  read<T>(name, choices[0], {
    expected: choices.join(' or '),
    parse: (text) => choices.find((choice) => choice === text),
  });

/** A duration as k6 writes it (500ms, 30s, 1m30s, 2h). @returns seconds */
export const duration = (name: string, fallbackSeconds: number): number =>
  read(name, fallbackSeconds, DURATION);

/** Seconds as k6 wants them. */
export const seconds = (value: number): string => `${Math.round(value * 1000)}ms`;

export const BASE_URL = read('BASE_URL', 'http://127.0.0.1:8080', {
  expected: 'an http(s) URL without a path',
  parse: (text) => (/^https?:\/\/[^/\s]+\/?$/.test(text) ? text.replace(/\/$/, '') : undefined),
});
/** User ids are 1 … USERS; in spike.ts FIRST_USER …. */
export const USERS = whole('USERS', 100_000);
export const FIRST_USER = whole('FIRST_USER', 1);
/** The queue that users join; empty: the main one. */
export const QUEUE = read('QUEUE', '', {
  expected: '1 to 64 letters, digits, hyphens or underscores',
  parse: (text) => (/^[\w-]{1,64}$/.test(text) ? text : undefined),
});
/** The only schedule that users want, whatever the list shows; 0: one of the list. */
export const SCHEDULE_ID = whole('SCHEDULE_ID', 0, 0);
/** Tag `testid` of every sample: distinguishes runs in InfluxDB. */
export const TEST_ID = read('TEST_ID', 'local', {
  expected: '1 to 64 letters, digits, dots, hyphens or underscores',
  parse: (text) => (/^[\w.-]{1,64}$/.test(text) ? text : undefined),
});
/** Most attempts of a request that is refused with Retry-After. */
export const TRIES = whole('TRIES', 3);
/** "Loaded" in the study: p99 above 200 ms. */
export const P99_MS = whole('P99_MS', 200);
/** File for the summary as JSON; empty: none. */
export const SUMMARY = __ENV['SUMMARY'] ?? '';

const SEED = whole('SEED', 0, 0);
if (SEED > 0) randomSeed(SEED * 1_000_003 + __VU); // each virtual user draws different numbers

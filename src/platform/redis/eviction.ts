import { mastersOf, type Redis, RedisUnavailable } from './redis';

/** The only policy under which Redis forgets nothing: at its limit it refuses writes, which are answered with 503. */
const SAFE_POLICY = 'noeviction';
/** INFO has all of it and needs no right to CONFIG GET, which managed servers refuse. */
const SECTIONS = ['memory', 'stats'];

/** Eviction settings and counts of one master. */
export interface Eviction {
  /** host:port */
  master: string;
  /** undefined: the server does not report it. */
  policy: string | undefined;
  /** 0: no limit, so nothing is evicted yet. */
  maxMemoryBytes: number;
  /** Since the server was started. */
  evictedKeys: number;
}

/** The fields of an answer to INFO. */
export const parseInfo = (text: string): Map<string, string> =>
  new Map(
    text.split('\r\n').flatMap((line): [string, string][] => {
      const [name = '', value] = line.split(/:(.*)/s);
      return value === undefined ? [] : [[name, value]];
    }),
  );

export const evictionOf = (master: Redis, info: Map<string, string>): Eviction => ({
  master: `${master.options.host ?? ''}:${master.options.port ?? ''}`,
  policy: info.get('maxmemory_policy'),
  maxMemoryBytes: Number(info.get('maxmemory') ?? 0),
  evictedKeys: Number(info.get('evicted_keys') ?? 0),
});

/** A policy counts even without a memory limit: a limit set at run time evicts keys immediately. */
export const isUnsafe = ({ policy }: Pick<Eviction, 'policy'>): boolean =>
  policy !== undefined && policy !== SAFE_POLICY;

/** @throws RedisUnavailable */
export async function readEvictions(redis: Redis): Promise<Eviction[]> {
  try {
    return await Promise.all(
      mastersOf(redis).map(async (master) => evictionOf(master, parseInfo(await master.info(...SECTIONS)))),
    );
  } catch (error) {
    throw new RedisUnavailable(error);
  }
}

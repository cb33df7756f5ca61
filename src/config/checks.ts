import { refuseTwice, splitList } from './lists';
import { isHost } from './parsing/host';

/** Returns what is wrong with a value, or throws it; undefined: nothing. */
export type Check = (value: string) => string | undefined;

/** Every object of JavaScript has these: an object keyed by queue, as readers of JSON make it, would find them. */
const isInherited = (id: string): boolean => id in {};

/** Why this cannot be a queue's id, if so. */
export function queueId(id: string): string | undefined {
  if (!/^[\w-]{1,64}$/.test(id)) return `must be 1 to 64 letters, digits, _ or -, not "${id}"`;
  return isInherited(id)
    ? `must not be "${id}": every object of JavaScript has something of that name`
    : undefined;
}

/** `id=number,id=auto,…` @throws Error that says what is wrong */
export function parseLimits(text: string): ReadonlyMap<string, number | 'auto'> {
  const limits = new Map<string, number | 'auto'>();
  for (const entry of splitList(text)) {
    const [, id, limit] = /^([^=]*)=([1-9]\d{0,8}|auto)$/.exec(entry) ?? [];
    if (id === undefined)
      throw new Error(`must be id=number,id=auto,… with numbers from 1 to 999999999, not "${entry}"`);
    const fault = queueId(id);
    if (fault !== undefined) throw new Error(`must have ids that are right; each ${fault}`);
    if (limits.has(id)) throw new Error(`must not have the same queue twice: "${id}"`);
    limits.set(id, limit === 'auto' ? limit : Number(limit));
  }
  return limits;
}

export const timeZone: Check = (value) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return undefined;
  } catch {
    return `must be an IANA time zone such as Asia/Seoul, not "${value}"`;
  }
};

/** A name of the public DNS, or an IP address. */
export const hostName: Check = (value) =>
  isHost(value) ? undefined : `must be a host's name without port or path, not "${value}"`;

/** Several, with `,` between them. */
export const hostNames: Check = (value) => {
  const names = splitList(value);
  refuseTwice(names);
  return names.map(hostName).find((fault) => fault !== undefined);
};

export const listenAddress: Check = (value) =>
  isHost(value) ? undefined : `must be an IP address without brackets, or a host's name, not "${value}"`;

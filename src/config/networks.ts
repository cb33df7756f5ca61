import ipaddr from 'ipaddr.js';
import { splitList } from './urls';

export type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** `10.1.0.0/16,fd00::/8` @throws Error that says what is wrong */
export function parseNetworks(text: string): Network[] {
  return text === '' ? [] : splitList(text).map(parseNetwork);
}

function parseNetwork(text: string): Network {
  try {
    return ipaddr.parseCIDR(text);
  } catch {
    throw new Error(`must be networks as 10.1.0.0/16,fd00::/8, not "${text}"`);
  }
}

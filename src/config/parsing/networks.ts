import ipaddr from 'ipaddr.js';
import { isIP } from 'node:net';
import { refuseTwice, splitList } from '../lists';

export type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** `10.1.0.0/16,fd00::/8` @throws Error that says what is wrong */
export function parseNetworks(text: string): Network[] {
  if (text === '') return [];
  const networks = splitList(text);
  refuseTwice(networks);
  return networks.map(parseNetwork);
}

/** The library alone would read 010.0.0.0/8 as 8.0.0.0/8, and 10/8 as 0.0.0.10/8. */
function parseNetwork(text: string): Network {
  const [address = '', length = ''] = text.split('/');
  try {
    if (isIP(address) === 0 || address.includes('%') || !/^(?:0|[1-9]\d{0,2})$/.test(length))
      throw new Error();
    return unmapped(ipaddr.parseCIDR(text));
  } catch {
    throw new Error(`must be networks as 10.1.0.0/16,fd00::/8, not "${text}"`);
  }
}

/** ::ffff:10.0.0.0/104 is 10.0.0.0/8: addresses of IPv4 are compared in their own form. */
function unmapped([address, bits]: Network): Network {
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96;
  return isMapped ? [address.toIPv4Address(), bits - 96] : [address, bits];
}

import { isIP, isIPv6 } from 'node:net';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const GROUPS = 8;
/** A /64: what one customer of a provider has. Whoever has one address of it has them all. */
const NETWORK_GROUPS = 4;

/** What of an Express request tells it. */
interface Sender {
  /** As TRUST_PROXY has it. */
  ip?: string | undefined;
  socket: { remoteAddress?: string | undefined };
}

/**
 * Who sends a request, as far as addresses tell: the IPv4 address, or the /64 network of an IPv6 address. If what a
 * proxy has put into X-Forwarded-For is no address, the connection's counts.
 */
export function addressOf({ ip = '', socket }: Sender): string {
  const address = isIP(ip) === 0 ? (socket.remoteAddress ?? 'unknown') : ip;
  if (!isIPv6(address)) return address;
  return MAPPED_IPV4.exec(address)?.[1] ?? networkOf(address);
}

function networkOf(address: string): string {
  const [head = [], tail = []] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(Math.max(0, GROUPS - head.length - tail.length)).fill('0'); // what :: stands for
  const network = [...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS);
  return network.map((group) => parseInt(group, 16).toString(16)).join(':');
}

import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { parse } from 'ipaddr.js';

/** The parts of a request that identify its sender. */
interface Sender {
  headers: IncomingHttpHeaders;
  socket: { remoteAddress?: string | undefined };
}

/**
 * The sender of a request, as its address shows: the IPv4 address, or the /64 network of an IPv6 address, which is
 * what one customer of a provider has. Behind `hops` trusted proxies that is the `hops`-th entry from the right of
 * X-Forwarded-For or Forwarded; if that entry is no address, the entry of the next nearer proxy counts, and at last
 * the connection's.
 */
export function addressOf({ headers, socket }: Sender, hops: number): string {
  const nearestFirst = [normalized(socket.remoteAddress), ...(hops > 0 ? forwarded(headers) : [])];
  return nearestFirst.slice(0, hops + 1).findLast((address) => address !== undefined) ?? 'unknown';
}

/**
 * What the proxies say, nearest first; undefined where it is no address. A proxy writes one of the two headers and may
 * let through the other as the client wrote it. So if a request has both, entries count only as far as both agree:
 * a client that adds the other header cannot choose its address.
 */
function forwarded(headers: IncomingHttpHeaders): (string | undefined)[] {
  const [one, other] = [xForwardedFor(headers['x-forwarded-for']), forwardedFor(headers.forwarded)].map(
    (entries) => entries.reverse().map(normalized),
  ) as [(string | undefined)[], (string | undefined)[]];
  if (one.length === 0 || other.length === 0) return [...one, ...other];
  const differsAt = one.findIndex((address, i) => address !== other[i]);
  return differsAt === -1 ? one : one.slice(0, differsAt);
}

/** Node joins the lines of a header that comes several times; empty entries are no entries (RFC 9110, 5.6.1). */
function xForwardedFor(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((entry) => entry.trim().replace(/^"(.*)"$/, '$1'))
    .filter((entry) => entry !== '');
}

/**
 * What stands in front of a pair of Forwarded, and the pair: `name=value` or `name="value"`. `;` parts two pairs of an
 * element, `,` two elements; both may be there without any (RFC 7239, 4), as in `for=192.0.2.1;`.
 */
const PAIR = /([\t ,;]*)(?:([^\s=",;]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))[\t ]*(?=[,;]|$)|$)/gy;

/**
 * The `for` of each element of a Forwarded header (RFC 7239). One unknown if a part of the header is malformed: a client
 * could open a quotation in its part so as to hide in it what the proxy adds. Unknown as well if an element has two: one
 * of them may be the client's.
 */
function forwardedFor(header = ''): string[] {
  const elements: string[][] = [];
  let element: string[] | undefined;
  let end = 0;
  for (const [all, gap = '', name = '', quoted, plain = ''] of header.matchAll(PAIR)) {
    end += all.length;
    if (gap.includes(',')) element = undefined;
    if (name === '') continue;
    if (element === undefined) {
      element = [];
      elements.push(element);
    }
    if (name.toLowerCase() === 'for') element.push(quoted?.replace(/\\(.)/g, '$1') ?? plain);
  }
  if (end !== header.length) return ['unknown'];
  return elements.map(([client = 'unknown', ...others]) => (others.length === 0 ? client : 'unknown'));
}

/** `[v6]`, `[v6]:port` or `v4:port`; a port may be obfuscated (RFC 7239, 6.2). */
const WITH_PORT = /^(?:\[([^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::[\w.-]*)?$/;

/** In one form for all ways to write an address; undefined when `text` is none. */
function normalized(text = ''): string | undefined {
  const [, v6, v4] = WITH_PORT.exec(text) ?? [];
  const [address = ''] = (v6 ?? v4 ?? text).split('%'); // the zone is the business of the host alone
  if (isIP(address) === 0) return undefined;
  const bytes = parse(address).toByteArray();
  return bytes.length === 4 ? bytes.join('.') : (ipv4Within(bytes) ?? networkOf(bytes));
}

/** Networks whose addresses stand for IPv4 addresses: how they begin, and where in the 16 bytes the four are. */
const IPV4_NETWORKS = [
  { begin: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], at: 12 }, // IPv4-mapped, ::ffff:0:0/96 (RFC 4291)
  { begin: [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0], at: 12 }, // IPv4-translated, ::ffff:0:0:0/96 (RFC 2765)
  { begin: [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], at: 12 }, // NAT64, 64:ff9b::/96 (RFC 6052)
  { begin: [0, 0x64, 0xff, 0x9b, 0, 1], at: 12 }, // local-use NAT64, a /96 in 64:ff9b:1::/48 (RFC 8215)
  { begin: [0x20, 0x02], at: 2 }, // 6to4, 2002::/16 (RFC 3056)
  { begin: [0x20, 0x01, 0, 0], at: 12, mask: 0xff }, // Teredo, inverted: the /64 is that of the relay (RFC 4380)
  { begin: new Array<number>(12).fill(0), at: 12 }, // IPv4-compatible, ::/96 (RFC 4291)
];

/** A network in which nobody has an address: so `::1` is the host itself, and no IPv4 address. */
const NOBODYS_NETWORK = 0;

function ipv4Within(bytes: number[]): string | undefined {
  const network = IPV4_NETWORKS.find(({ begin }) => begin.every((byte, i) => bytes[i] === byte));
  if (network === undefined) return undefined;
  const { at, mask = 0 } = network;
  const ipv4 = bytes.slice(at, at + 4).map((byte) => byte ^ mask);
  return ipv4[0] === NOBODYS_NETWORK ? undefined : ipv4.join('.');
}

const networkOf = (bytes: number[]): string =>
  [0, 2, 4, 6].map((i) => (((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16)).join(':');

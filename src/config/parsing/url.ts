import { INVISIBLE, percentDecoded } from '../lists';
import { isHost, isPort } from './host';

export interface UrlParts {
  protocol: string;
  host: string;
  /** Undefined: the protocol's own. */
  port: number | undefined;
  username: string;
  password: string;
  segments: string[];
  /** With its `?`, undecoded: what it means depends on who reads it. */
  search: string;
}

export const RESERVED = 'write # / ? : @ and % in a user or password as %23 %2F %3F %3A %40 and %25';

/** What has a NUL ends there for MariaDB's protocol, and for the system's resolver. */
function decoded(text: string): string {
  const value = percentDecoded(text);
  if (value.includes('\0')) throw new Error('must have no %00');
  return value;
}

/** The query of a store's URL. Unlike a form's, a + is a +, and each name comes once. @throws Error that does not show it */
export function parseQuery(search: string): Map<string, string> {
  const pairs = search.replace(/^\?/, '').split('&').filter(Boolean);
  const query = new Map(
    pairs.map((pair): [string, string] => {
      const [name = '', value = ''] = pair.split(/=(.*)/s).map(decoded);
      return [name, value];
    }),
  );
  if (query.size < pairs.length) throw new Error('must have each name behind the ? once');
  return query;
}

/** @throws Error that says what is wrong, without the URL */
export function parseUrl(text: string, protocols: readonly string[]): UrlParts {
  const starts = protocols.map((protocol) => `${protocol}//`);
  if (!starts.some((start) => text.toLowerCase().startsWith(start)))
    throw new Error(`must be a URL that starts with ${starts.join(' or ')}`);
  if (/\s/.test(text) || INVISIBLE.test(text))
    throw new Error('must have no blanks, line breaks or invisible characters: write them as %20, %0A, …');
  if (/%(?![\da-f]{2})/i.test(text)) throw new Error('must have no % by itself: write it as %25');
  if (!URL.canParse(text)) throw new Error(`must be a URL with a host, and a port up to 65535: ${RESERVED}`);
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  if (hash !== '' || text.endsWith('#')) throw new Error(`must have no #…: ${RESERVED}`);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (!isHost(host)) throw new Error(`must name a host: ${RESERVED}`);
  if (port !== '' && !isPort(port)) throw new Error('must have a port from 1 to 65535');
  return {
    protocol,
    host,
    port: port === '' ? undefined : Number(port),
    username: decoded(username),
    password: decoded(password),
    segments: pathname.split('/').slice(1).map(decoded),
    search,
  };
}

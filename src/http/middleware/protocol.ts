import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { success } from '../envelope';
import { BadInput, ExpectationFailed, type HttpError, UnsupportedMediaType } from '../errors';

/** A registered name, an IPv4 address or an IPv6 address in brackets, with or without a port (RFC 9110, 7.2). */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;
const CONTINUE = /^100-continue$/i;

/** The methods of this service, which answer `OPTIONS *`. */
export const METHODS = 'DELETE, GET, HEAD, PATCH, POST, PUT';

/**
 * Headers that may come once, by the lengths of their names. Of several Node keeps the first without a word, where a proxy
 * may have looked at the last.
 */
const ONCE = new Map(['Host', 'Content-Type', 'Authorization'].map((name) => [name.length, name]));

/** Refuses a malformed request and closes its connection, because the end of its body is not known. */
export const protocol: RequestHandler = (req, res, next) => {
  const fault = faultOf(req);
  if (fault !== undefined) {
    res.exchange.closeConnection();
    throw fault;
  }
  if (isAsterisk(req)) res.setHeader('Allow', METHODS).type('json').send(success(null));
  else next();
};

/**
 * What is wrong with a request before its path is considered; undefined when nothing is. Node refuses some of these
 * requests with an empty answer (server.ts turns that off) and misreads the others.
 */
function faultOf(req: IncomingMessage): HttpError | undefined {
  const { headers } = req;
  const repeated = headers.host === undefined && req.httpVersionMinor > 0 ? 'Host' : repeatedHeader(req);
  if (repeated !== undefined) return new BadInput(`${repeated}: send it once.`);
  if (!HOST.test(headers.host ?? '')) return new BadInput('Host: this is no host.');
  if (req.url !== undefined && !req.url.startsWith('/') && !isAsterisk(req))
    return new BadInput('url: send a path, or an http URL.');
  if (headers['transfer-encoding'] !== undefined && headers['transfer-encoding'].toLowerCase() !== 'chunked')
    return new UnsupportedMediaType('Transfer-Encoding: chunked is the only one that is understood.');
  if (headers.expect !== undefined && req.httpVersionMinor > 0 && !CONTINUE.test(headers.expect))
    return new ExpectationFailed();
  return undefined;
}

/** `OPTIONS *` asks about the server as a whole (RFC 9110, 9.3.7). */
const isAsterisk = (req: IncomingMessage): boolean => req.url === '*' && req.method === 'OPTIONS';

const ORIGIN = /^https?:\/\/[^/?]*/i;

/**
 * The path and query of a request target, which a client behind a forward proxy sends as a whole URL (RFC 9112, 3.2.2).
 * What is neither is returned as it is.
 */
export function originForm(target: string, method: string | undefined): string {
  if (target.startsWith('/') || !ORIGIN.test(target)) return target;
  const rest = target.replace(ORIGIN, '');
  if (rest.startsWith('/')) return rest;
  return rest === '' && method === 'OPTIONS' ? '*' : `/${rest}`;
}

/** The name of a header of ONCE that comes again. */
function repeatedHeader({ rawHeaders }: IncomingMessage): string | undefined {
  let lengths = 0; // a bit each
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const once = ONCE.get(name.length);
    if (once === undefined || name.toLowerCase() !== once.toLowerCase()) continue;
    if ((lengths & (1 << name.length)) !== 0) return once;
    lengths |= 1 << name.length;
  }
  return undefined;
}

import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { success } from '../envelope';
import { BadInput, ExpectationFailed, type HttpError, UnsupportedMediaType } from '../errors';

/** A registered name, an IPv4 address or an IPv6 address in brackets, with or without a port (RFC 9110, 7.2). */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;
const CONTINUE = /^100-continue$/i;

/** The methods of this service, which answer `OPTIONS *`. */
export const METHODS = 'GET, HEAD, POST';

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
  if (hostsOf(req) !== 1 && (req.httpVersionMinor > 0 || hostsOf(req) > 1))
    return new BadInput('Host: send it once.');
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

/** Node keeps the first of several. */
function hostsOf({ rawHeaders }: IncomingMessage): number {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.length === 4 && rawHeaders[i]?.toLowerCase() === 'host') hosts++;
  return hosts;
}

/** Requests as text, for generators that send bytes. */

interface Request {
  method?: 'GET' | 'POST';
  path: string;
  token?: string;
  body?: object;
}

export function requestText({ method = 'POST', path, token, body }: Request): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1'];
  if (token !== undefined) lines.push(`Authorization: ${token}`);
  if (body !== undefined) lines.push('Content-Type: application/json');
  if (method === 'POST') lines.push(`Content-Length: ${text.length}`);
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}

const HOLE = 'VALUE';

/** Splits a request around the one place where values differ. */
export function aroundValue(request: Request & { token: typeof HOLE }): { prefix: string; suffix: string } {
  const [prefix = '', suffix = ''] = requestText(request).split(HOLE);
  return { prefix, suffix };
}

export const CHECK = '/v1/api/queue/token/check';
export const ISSUE = '/v1/api/queue/token';
export const SCHEDULE = '/v1/api/concerts/schedule';
export const SEAT = '/v1/api/concerts/seat';
export const RESERVE = '/v1/api/concerts/reserve';
export const PAYMENT = '/v1/api/concerts/payment';

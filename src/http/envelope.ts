import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { Response } from 'express';
import type { Compressible } from './encoding/compressible';
import type { Failure as HttpFailure } from './errors';
import { isNamed } from './encoding/entity-tags';
import { codingFor } from './encoding/negotiation';

/** An answer that was encoded beforehand; its text is sent unchanged. */
export class EncodedResponse {
  constructor(
    /** The whole envelope as JSON. */
    readonly text: string | Buffer,
    /** Name, value, name, value, … */
    readonly headers: readonly string[] = [],
    /** Compared with If-None-Match. Weak: the compressed forms have the same. */
    readonly etag?: string,
    /** The text for clients that take it compressed. */
    readonly forms?: Compressible,
  ) {}
}

export const successOf = (json: string): string => `{"resultType":"SUCCESS","data":${json},"exception":null}`;

/**
 * The same as bytes in separate memory: Buffer.from takes short texts from a pool, which would live as long as the
 * bytes are kept.
 */
export function successBytesOf(json: string): Buffer {
  const text = successOf(json);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

export const success = (data: unknown): string => successOf(JSON.stringify(data));

export const failure = (code: string, message: string): string =>
  JSON.stringify({ resultType: 'FAIL', data: null, exception: { code, message } });

/** The pages under /docs have helmet's. HSTS is set by the proxy that terminates TLS. */
const SECURITY_HEADERS: readonly string[] = [
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
];
const JSON_HEADERS: readonly string[] = [
  'Content-Type',
  'application/json; charset=utf-8',
  ...SECURITY_HEADERS,
];

/**
 * Without it a cache may keep a 404 for minutes (RFC 9111, 4.2.2): a file of the next version, or a proof that is there a
 * moment later.
 */
const NOT_KEPT: readonly string[] = ['Cache-Control', 'no-store'];

/**
 * Sends an answer. All headers go out in one flat list: setting them one by one cost a tenth of a poll.
 * @param headers name, value, name, value, …
 */
export function sendText(
  res: ServerResponse,
  status: number,
  text: string | Buffer,
  headers: readonly string[] = [],
): void {
  if (status === 304) {
    res.writeHead(status, [...headers]).end();
    return;
  }
  res.writeHead(status, JSON_HEADERS.concat('Content-Length', String(Buffer.byteLength(text)), headers));
  res.end(text);
}

export function sendFailure(res: ServerResponse, { status, code, message, headers }: HttpFailure): void {
  sendText(res, status, failure(code, message), [...NOT_KEPT, ...headers]);
}

/** Answers with `data` in the envelope, for this one client. */
export function sendData<Answer>(res: Response<Answer>, data: Answer): void {
  sendText(res, 200, success(data), NOT_KEPT);
}

/** Answers that it is done, without a body: 204. */
export function sendNothing(res: ServerResponse): void {
  res.writeHead(204, [...SECURITY_HEADERS]).end();
}

/** Sends an answer made before, in the coding that this client wants; 304 when it has it already. */
export async function sendEncoded(
  req: IncomingMessage,
  res: ServerResponse,
  answer: EncodedResponse,
): Promise<void> {
  const { text, headers, etag, forms } = answer;
  if (etag !== undefined && isNamed(etag, req.headers['if-none-match'])) {
    sendText(res, 304, '', headers);
    return;
  }
  if (forms === undefined) {
    sendText(res, 200, text, headers);
    return;
  }
  const { coding, bytes } = await forms.in(codingFor(req.headers['accept-encoding']?.toString()));
  sendText(res, 200, bytes, coding === 'identity' ? headers : [...headers, 'Content-Encoding', coding]);
}

/** A whole answer for a connection that Node has no response for; then the connection has to be closed. */
export function rawFailure({ status, code, message, headers }: HttpFailure): string {
  const body = failure(code, message);
  const all = [
    'Date',
    new Date().toUTCString(),
    ...JSON_HEADERS,
    'Content-Length',
    String(Buffer.byteLength(body)),
    ...NOT_KEPT,
    ...headers,
    'Connection',
    'close',
  ];
  const lines = all.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n${body}`;
}

/** The envelope around `data` as a schema, for the API document. */
export const Success = (data: z.ZodType): z.ZodType =>
  z.object({ resultType: z.literal('SUCCESS'), data, exception: z.null() });

export const Failure = z.object({
  resultType: z.literal('FAIL'),
  data: z.null(),
  exception: z.object({ code: z.string(), message: z.string() }),
});

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { parse } from 'content-type';
import type { RequestHandler } from 'express';
import { parseInPieces } from '../../common/pieces/json';
import { BadInput, PayloadTooLarge, UnsupportedMediaType } from '../errors';
import { repeatsField } from './repeated-fields';

/** JSON, and what is written in it: `application/problem+json`, … (RFC 6839, 3.1). */
const JSON_TYPE = /^application\/(?:[\w.!#$&^-]+\+)?json$/i;
const UTF8 = /^utf-?8$/i;
const BYTE_ORDER_MARK = '\ufeff';
/** Only a layout is larger: to look through it would take a tenth of a second, in which nobody else is answered. */
const MAX_SCANNED_BYTES = 256 * 1024;

/**
 * Reads the body as JSON into `req.body`; undefined when there is none. Uncompressed UTF-8 only, so that its length is
 * known before it is read, and nothing inflates. Refuses with UnsupportedMediaType (415), PayloadTooLarge (413) and
 * BadInput (400).
 *
 * `express.json` cannot do this: it refuses `charset=utf8` and takes UTF-16, it replaces bytes that are no UTF-8 instead
 * of refusing them, and it answers a body that is too large only when all of it has arrived.
 */
export const jsonBody =
  (limitBytes: number): RequestHandler =>
  (req, res, next) => {
    res.exchange.receiving();
    readJson(req, limitBytes).then((body) => {
      res.exchange.received();
      req.body = body;
      next();
    }, next);
  };

async function readJson(req: IncomingMessage, limitBytes: number): Promise<unknown> {
  const { headers } = req;
  const length = Number(headers['content-length'] ?? 0);
  if (length === 0 && headers['transfer-encoding'] === undefined) return undefined;
  if (!isJson(headers['content-type'] ?? '')) throw new UnsupportedMediaType();
  if ((headers['content-encoding'] || 'identity').toLowerCase() !== 'identity')
    throw new UnsupportedMediaType();
  if (length > limitBytes) throw new PayloadTooLarge(limitBytes);
  const bytes = await readBytes(req, limitBytes);
  if (!isUtf8(bytes)) throw new BadInput('body: not UTF-8');
  const text = bytes.toString('utf8');
  const value = await parseJson(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  if (bytes.length <= MAX_SCANNED_BYTES && repeatsField(text, value))
    throw new BadInput('body: it has two fields of one name');
  return value;
}

/** @throws BadInput (400) */
async function parseJson(text: string): Promise<unknown> {
  try {
    return await parseInPieces(text);
  } catch {
    throw new BadInput('body: not valid JSON');
  }
}

/** Parameters other than the charset say nothing of how JSON is to be read (RFC 8259, 11). */
function isJson(contentType: string): boolean {
  if (contentType === 'application/json') return true;
  const { type, parameters } = parse(contentType);
  return JSON_TYPE.test(type) && UTF8.test(parameters.charset ?? 'utf-8');
}

function readBytes(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    req.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= limitBytes) parts.push(part); // the rest is read and dropped: the answer has to get through
      else reject(new PayloadTooLarge(limitBytes));
    });
    req.once('end', () => {
      const [only = Buffer.alloc(0), ...others] = parts;
      resolve(others.length === 0 ? only : Buffer.concat(parts));
    });
    req.once('close', () => {
      if (!req.complete) reject(new BadInput('body: broken off'));
    });
  });
}

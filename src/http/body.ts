import type { IncomingMessage } from 'node:http';
import { BadInput, PayloadTooLarge, UnsupportedMediaType } from '../errors';

const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/**
 * The body as JSON; undefined when there is none. Uncompressed UTF-8 only, so that its length is known before it is
 * read, and nothing inflates.
 * @throws UnsupportedMediaType (415), PayloadTooLarge (413), BadInput (400)
 */
export async function readJson(req: IncomingMessage, limitBytes: number): Promise<unknown> {
  const { headers } = req;
  const length = Number(headers['content-length'] ?? 0);
  if (length === 0 && headers['transfer-encoding'] === undefined) return undefined;
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw new UnsupportedMediaType();
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw new UnsupportedMediaType();
  if (length > limitBytes) throw new PayloadTooLarge(limitBytes);
  const text = await readText(req, limitBytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new BadInput('body: not valid JSON');
  }
}

function readText(req: IncomingMessage, limitBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    req.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= limitBytes)
        parts.push(part); // the rest is read and dropped: the answer has to get through
      else reject(new PayloadTooLarge(limitBytes));
    });
    req.once('end', () => {
      const [only = Buffer.alloc(0), ...others] = parts;
      resolve((others.length === 0 ? only : Buffer.concat(parts)).toString('utf8'));
    });
    req.once('close', () => {
      if (!req.complete) reject(new BadInput('body: broken off'));
    });
  });
}

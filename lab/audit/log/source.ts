import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BadLog } from './note.ts';

/** Entries of a bundle, and hashes of a tile. */
export const TILE = 256;
/** Bundles fetched at once. */
const AT_ONCE = 16;
const ATTEMPTS = 5;

/** The bytes below a path; undefined: there are none. */
export type Read = (path: string) => Promise<Buffer | undefined>;

export function sourceOf(where: string): Read {
  if (/^https?:/.test(where)) return (path) => fetchFile(`${where.replace(/\/$/, '')}/${path}`, 1);
  return (path) => {
    const file = join(where, path);
    return Promise.resolve(existsSync(file) ? readFileSync(file) : undefined);
  };
}

async function fetchFile(url: string, attempt: number): Promise<Buffer | undefined> {
  const answer = await fetch(url).catch((error: unknown) => {
    const { cause } = error as { cause?: unknown };
    throw new Error(`${url} cannot be read: ${cause instanceof Error ? cause.message : String(error)}`);
  });
  if (answer.status === 404) return undefined;
  if (answer.ok) return Buffer.from(await answer.arrayBuffer());
  if (attempt === ATTEMPTS) throw new Error(`${url} answers ${answer.status}`);
  await sleep(1000 * Number(answer.headers.get('retry-after') ?? 1));
  return fetchFile(url, attempt + 1);
}

/** Where a bundle lies. */
export const bundlePath = (index: number, width: number): string => tilePath('entries', index, width);

/** C2SP tlog-tiles. @param of a level, or `entries` */
export function tilePath(of: string, index: number, width: number): string {
  const digits = String(index).padStart(3, '0');
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${of}/${name}${width === TILE ? '' : `.p/${width}`}`;
}

/** All entries of a log of this size, in order. @throws BadLog when some are not there */
export async function* entriesOf(read: Read, size: number): AsyncGenerator<Buffer> {
  const bundles = Math.ceil(size / TILE);
  const widthOf = (index: number): number => Math.min(TILE, size - index * TILE);
  for (let from = 0; from < bundles; from += AT_ONCE) {
    const indexes = Array.from({ length: Math.min(AT_ONCE, bundles - from) }, (_, i) => from + i);
    const files = await Promise.all(indexes.map((index) => read(bundlePath(index, widthOf(index)))));
    for (const [i, index] of indexes.entries()) yield* split(files[i], widthOf(index), index);
  }
}

function* split(file: Buffer | undefined, width: number, index: number): Generator<Buffer> {
  let [at, count] = [0, 0];
  for (; file !== undefined && at + 2 <= file.length && count < width; count++) {
    const end = at + 2 + file.readUInt16BE(at);
    yield file.subarray(at + 2, end);
    at = end;
  }
  if (count !== width || at !== file?.length)
    throw new BadLog(`Entry bundle ${index} does not hold ${width} entries.`);
}

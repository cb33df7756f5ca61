import * as crypto from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Memory of one hash: more than the fast memory of a graphics card's core, little enough for any phone. */
export const MEMORY_KIB = 1024;
const TAG_BYTES = 32;

/** One hash of Argon2id (RFC 9106) with one pass and one lane. */
export type Argon2 = (nonce: string, challenge: string) => Promise<Uint8Array>;

/** Node 24.7 and newer: in a thread of libuv's pool, so that the event loop goes on. */
function native(argon2: typeof crypto.argon2): Argon2 {
  const run = promisify(argon2);
  const cost = { parallelism: 1, tagLength: TAG_BYTES, memory: MEMORY_KIB, passes: 1 };
  return (nonce, challenge) =>
    run('argon2id', { message: Buffer.from(nonce), nonce: Buffer.from(challenge), ...cost });
}

/** Older ones: it blocks the event loop for about a millisecond, so each has its own turn of the loop. */
export const inWebAssembly: Argon2 = async (nonce, challenge) => {
  const { argon2id } = await import('hash-wasm');
  await setImmediate();
  return argon2id({
    password: nonce,
    salt: challenge,
    iterations: 1,
    parallelism: 1,
    memorySize: MEMORY_KIB,
    hashLength: TAG_BYTES,
    outputType: 'binary',
  });
};

const { argon2: built } = crypto as Partial<typeof crypto>;

export const argon2id: Argon2 = built === undefined ? inWebAssembly : native(built);

/** Zero bits at the beginning. */
export function zeroBits(hash: Uint8Array): number {
  const byte = hash.findIndex((one) => one !== 0);
  return byte === -1 ? hash.length * 8 : byte * 8 + Math.clz32(hash[byte] ?? 0) - 24;
}

/** Searches a nonce that solves a challenge of the proof of work, and says now and then how many it has tried. */
import { argon2id } from 'hash-wasm';

interface Challenge {
  challenge: string;
  bits: number;
  memoryKib: number;
}

const SAY_EVERY_MS = 250;
const HASH_BYTES = 32;

function zeroBits(hash: Uint8Array): number {
  const byte = hash.findIndex((one) => one !== 0);
  return byte === -1 ? hash.length * 8 : byte * 8 + Math.clz32(hash[byte] ?? 0) - 24;
}

async function search({ challenge, bits, memoryKib }: Challenge): Promise<void> {
  let saidAtMs = performance.now();
  for (let tried = 1; ; tried++) {
    const nonce = String(tried);
    const hash = await argon2id({
      password: nonce,
      salt: challenge,
      iterations: 1,
      parallelism: 1,
      memorySize: memoryKib,
      hashLength: HASH_BYTES,
      outputType: 'binary',
    });
    if (zeroBits(hash) >= bits) {
      postMessage({ nonce });
      return;
    }
    if (performance.now() - saidAtMs < SAY_EVERY_MS) continue;
    saidAtMs = performance.now();
    postMessage({ tried });
  }
}

onmessage = ({ data }: MessageEvent<Challenge>): void => {
  search(data).catch((error: unknown) => {
    postMessage({ fault: String(error) });
  });
};

import { sha256 } from '../log/hashing.ts';

const ROUNDS = 90;

/** A draw as the service publishes it (GET /v1/api/queues/QUEUE/draws). */
export interface PublishedDraw {
  number: number;
  /** When the registration closes. */
  opensAt: string;
  firstSeq: number;
  lastSeq: number;
  root: string;
  beacon: string | null;
  seed: string | null;
}

/** The seed follows from what was published before and from the beacon. */
export const seedOf = (queueId: string, { number, root, beacon }: PublishedDraw): string =>
  sha256(`concert draw 1\n${queueId} ${number}\n${root}\n${beacon ?? ''}\n`).toString('hex');

/** New position of each index: compute_shuffled_index of Ethereum's consensus specification, for all indexes together. */
export function shuffled(seed: Buffer, count: number): Uint32Array {
  const places = Uint32Array.from({ length: count }, (_, index) => index);
  for (let round = 0; round < ROUNDS && count > 0; round++) {
    const pivot = Number(sha256(Buffer.concat([seed, Buffer.of(round)])).readBigUInt64LE() % BigInt(count));
    const blocks = Array.from({ length: Math.ceil(count / 256) }, (_, block) => {
      const number = Buffer.alloc(5);
      number[0] = round;
      number.writeUInt32LE(block, 1);
      return sha256(Buffer.concat([seed, number]));
    });
    for (let index = 0; index < count; index++) {
      const place = places[index] ?? 0;
      const flip = (pivot + count - place) % count;
      const position = Math.max(place, flip);
      const byte = blocks[position >>> 8]?.[(position & 255) >>> 3] ?? 0;
      if (((byte >>> (position & 7)) & 1) === 1) places[index] = flip;
    }
  }
  return places;
}

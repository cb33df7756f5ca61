import { TILE_WIDTH } from '../../common/merkle/hash';
import { decodeEntries } from '../transparency/bundle';
import type { TransparencyRepository } from '../transparency/repository';

/** A leaf of a transparency log: its type, its time, and the words behind them (docs/transparency.md). */
export interface Leaf {
  kind: string;
  ms: number;
  words: string[];
}

export function parseLeaf(entry: Buffer | string): Leaf {
  const [kind = '', ms, ...words] = entry.toString('latin1').split(' ');
  return { kind, ms: Number(ms), words };
}

/** The leaves [0, size) of a queue in their order, a bundle of 256 at a time. @throws DatabaseUnavailable */
export async function* readLeaves(
  repository: Pick<TransparencyRepository, 'bundle'>,
  queueId: string,
  size: number,
): AsyncGenerator<Leaf> {
  for (let bundle = 0; bundle * TILE_WIDTH < size; bundle++) {
    const entries = decodeEntries(await repository.bundle(queueId, bundle));
    for (const entry of entries.slice(0, size - bundle * TILE_WIDTH)) yield parseLeaf(entry);
  }
}

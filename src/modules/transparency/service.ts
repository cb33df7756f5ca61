import { Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../common/errors';
import { WaitingRoomRegistry } from '../waiting-room/registry';
import { decodeEntries, encodeEntries } from './bundle';
import { NotInLog } from './errors';
import { LogKeys } from './keys/keys';
import { readLeaf } from './leaf';
import { HASH_BYTES, leafHash, TILE_WIDTH } from '../../common/merkle/hash';
import { TileProver } from '../../common/merkle/proof';
import { type StoredCheckpoint, TransparencyRepository } from './repository';
import type { Inclusion } from './schema';
import type { TileName } from './tile-path';

/** The transparency logs as anybody may read them. @throws NotFound (404), DatabaseUnavailable (503) */
@scoped(Lifecycle.ContainerScoped)
export class TransparencyService {
  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly repository: TransparencyRepository,
    private readonly keys: LogKeys,
  ) {}

  async checkpoint(queueId: string): Promise<string> {
    return (await this.latest(queueId)).note;
  }

  verifierKey(queueId: string): string {
    this.assertQueue(queueId);
    return this.keys.of(queueId).verifierKey;
  }

  /** The bytes that a path names. They never change. */
  async tile(queueId: string, { level, index, width }: TileName): Promise<Buffer> {
    this.assertQueue(queueId);
    const bytes =
      level === 'entries'
        ? await this.entries(queueId, index, width)
        : await this.hashes(queueId, level, index, width);
    if (bytes === undefined) throw new NotInLog(`Tile ${index} of this width`);
    return bytes;
  }

  /** Where the log says that an entry of the queue was issued, and the proof that it does. */
  async inclusion(queueId: string, gen: number, seq: number): Promise<Inclusion> {
    const { size, note } = await this.latest(queueId);
    const bundle = await this.repository.bundleOfSeq(queueId, seq);
    const entries = bundle === undefined ? [] : decodeEntries(await this.repository.bundle(queueId, bundle));
    const isWanted = (entry: Buffer): boolean => {
      const leaf = readLeaf(entry);
      return (
        leaf.kind === 'issue' && leaf.seq === seq && entry.toString('latin1').split(' ')[3] === String(gen)
      );
    };
    const offset = entries.findIndex(isWanted);
    const leafIndex = (bundle ?? 0) * TILE_WIDTH + offset;
    if (offset < 0 || leafIndex >= size) throw new NotInLog(`Entry ${seq} of generation ${gen} in the log`);
    const prover = new TileProver(size, (level, index, width) => this.tile(queueId, { level, index, width }));
    const proof = await prover.inclusion(leafIndex);
    return {
      checkpoint: note,
      key: this.verifierKey(queueId),
      leafIndex,
      leaf: entries[offset]?.toString('latin1') ?? '',
      proof: proof.map((hash) => hash.toString('base64')),
    };
  }

  private async latest(queueId: string): Promise<StoredCheckpoint> {
    this.assertQueue(queueId);
    const latest = await this.repository.latest(queueId);
    if (latest === undefined) throw new NotInLog(`A checkpoint of queue ${queueId}`);
    return latest;
  }

  private async entries(queueId: string, index: number, width: number): Promise<Buffer | undefined> {
    const entries = decodeEntries(await this.repository.bundle(queueId, index));
    return entries.length < width ? undefined : encodeEntries(entries.slice(0, width));
  }

  /** At least `width` hashes of a tile, as many as wanted. */
  private async hashes(
    queueId: string,
    level: number,
    index: number,
    width: number,
  ): Promise<Buffer | undefined> {
    const full = await this.repository.fullTile(queueId, level, index);
    if (full !== undefined) return full.subarray(0, width * HASH_BYTES);
    const first = index * TILE_WIDTH;
    const hashes =
      level === 0
        ? decodeEntries(await this.repository.bundle(queueId, index)).map(leafHash)
        : await this.repository.tileRoots(queueId, level - 1, first, first + width);
    return hashes.length < width ? undefined : Buffer.concat(hashes.slice(0, width));
  }

  private assertQueue(queueId: string): void {
    if (this.rooms.find(queueId) === undefined) throw new NotFound(`Queue ${queueId}`);
  }
}

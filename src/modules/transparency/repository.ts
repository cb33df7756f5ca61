import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../platform/database/database';
import { splitHashes, TILE_WIDTH } from '../../common/merkle/hash';
import type { FullTile } from '../../common/merkle/tree';

/** A checkpoint, and up to where it has read the leaves in Redis. */
export interface StoredCheckpoint {
  size: number;
  root: Buffer;
  note: string;
  /** The last leaf of the queue as Redis has it; null: there was none. */
  anchor: Buffer | null;
}

/** Entries that follow each other within one bundle, as the bundle has them. */
export interface EntryPiece {
  firstIndex: number;
  count: number;
  /** The first entry of the queue that it says was issued; null: none. */
  firstSeq: number | null;
  entries: Buffer;
}

const LATEST = `SELECT tree_size AS size, root_hash AS root, note, anchor FROM transparency_checkpoint
                 WHERE queue_id = ? ORDER BY tree_size DESC LIMIT 1`;
const INSERT_PIECE = `INSERT INTO transparency_entries (queue_id, first_index, entry_count, first_seq, entries)
                      VALUES (?, ?, ?, ?, ?)`;
const INSERT_TILE = `INSERT INTO transparency_tile (queue_id, tile_level, tile_index, hashes, root_hash)
                     VALUES (?, ?, ?, ?, ?)`;
const INSERT_CHECKPOINT = `INSERT INTO transparency_checkpoint (queue_id, tree_size, root_hash, note, anchor)
                           VALUES (?, ?, ?, ?, ?)`;
const ENTRIES = `SELECT entries FROM transparency_entries
                  WHERE queue_id = ? AND first_index >= ? AND first_index < ? ORDER BY first_index`;
const TILE = `SELECT hashes FROM transparency_tile WHERE queue_id = ? AND tile_level = ? AND tile_index = ?`;
const ROOTS = `SELECT root_hash AS root FROM transparency_tile
                WHERE queue_id = ? AND tile_level = ? AND tile_index >= ? AND tile_index < ? ORDER BY tile_index`;
/** Entries are issued in ascending order, so the entry is in the last piece that begins at or before it. */
const BUNDLE_OF_SEQ = `SELECT first_index AS firstIndex FROM transparency_entries
                        WHERE queue_id = ? AND first_seq <= ? ORDER BY first_seq DESC, first_index DESC LIMIT 1`;

/** The transparency logs in MariaDB: rows are only ever added. @throws DatabaseUnavailable */
@scoped(Lifecycle.ContainerScoped)
export class TransparencyRepository {
  constructor(private readonly database: Database) {}

  async latest(queueId: string): Promise<StoredCheckpoint | undefined> {
    const [row] = await this.database.query<StoredCheckpoint>(LATEST, [queueId]);
    return row;
  }

  /**
   * Adds what belongs together in one transaction.
   * @throws when another worker has added something meanwhile (isDuplicateKey)
   */
  async append(
    queueId: string,
    pieces: readonly EntryPiece[],
    tiles: readonly FullTile[],
    { size, root, note, anchor }: StoredCheckpoint,
  ): Promise<void> {
    await this.database.transaction(async (tx) => {
      for (const { firstIndex, count, firstSeq, entries } of pieces)
        await tx.execute(INSERT_PIECE, [queueId, firstIndex, count, firstSeq, entries]);
      for (const { level, index, hashes, root: tileRoot } of tiles)
        await tx.execute(INSERT_TILE, [queueId, level, index, hashes, tileRoot]);
      await tx.execute(INSERT_CHECKPOINT, [queueId, size, root, note, anchor]);
    });
  }

  /** The entry bundle, possibly partial. */
  async bundle(queueId: string, index: number): Promise<Buffer> {
    const range = [index * TILE_WIDTH, (index + 1) * TILE_WIDTH];
    const pieces = await this.database.query<{ entries: Buffer }>(ENTRIES, [queueId, ...range]);
    return Buffer.concat(pieces.map(({ entries }) => entries));
  }

  /** A full tile; undefined: it is not full yet. */
  async fullTile(queueId: string, level: number, index: number): Promise<Buffer | undefined> {
    const [row] = await this.database.query<{ hashes: Buffer }>(TILE, [queueId, level, index]);
    return row?.hashes;
  }

  /** The roots of the full tiles [from, to) of a level: the hashes of the level above. */
  async tileRoots(queueId: string, level: number, from: number, to: number): Promise<Buffer[]> {
    const rows = await this.database.query<{ root: Buffer }>(ROOTS, [queueId, level, from, to]);
    return splitHashes(Buffer.concat(rows.map(({ root }) => root)));
  }

  /** Which bundle says that the entry of the queue was issued, if any does. */
  async bundleOfSeq(queueId: string, seq: number): Promise<number | undefined> {
    const [row] = await this.database.query<{ firstIndex: number }>(BUNDLE_OF_SEQ, [queueId, seq]);
    return row && Math.floor(row.firstIndex / TILE_WIDTH);
  }
}

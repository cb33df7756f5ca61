import { leafHash, TILE_WIDTH } from '../../common/merkle/hash';
import { type FullTile, GrowingTree } from '../../common/merkle/tree';
import { decodeEntries, encodeEntries } from './bundle';
import { LogDamaged } from './errors';
import { gapLeaf, publicLeaves, readLeaf } from './leaf';
import type { EntryPiece, StoredCheckpoint, TransparencyRepository } from './repository';
import type { SigningKey } from './keys/signing-key';
import type { Blinding } from '../waiting-room/tokens/blinding';
import type { DrainedLeaves } from '../waiting-room/state/results';
import type { WaitingRoom } from '../waiting-room/waiting-room';

/** Texts of one transaction: a batch of entries that were issued is one. */
const MAX_LEAVES = 1024;
/** How far back it looks for leaves that Redis knows again after a failover: more than a replica ever lags. */
const RECENT_BUNDLES = 64;

interface Log {
  tree: GrowingTree;
  anchor: Buffer | undefined;
  /** When the last leaf happened (ms). */
  lastMs: number;
}

export interface Written {
  leaves: number;
  size: number;
  /** Whether leaves were found lost. */
  isGap: boolean;
  /** How long the oldest leaf has waited. */
  lagMs: number;
  /** By Redis' clock. */
  nowMs: number;
  /** There are more. */
  more: boolean;
}

/** Moves the leaves of one queue from Redis to the log in MariaDB. One worker at a time may do it. */
export class LogWriter {
  private log: Log | undefined;

  constructor(
    private readonly room: WaitingRoom,
    private readonly repository: TransparencyRepository,
    private readonly blinding: Blinding,
    private readonly key: SigningKey,
  ) {}

  /** Another worker may write meanwhile: what is known of the log is read again. */
  forget(): void {
    this.log = undefined;
  }

  /** @throws LogDamaged; an error of a store: nothing has been added, or all of it */
  async write(): Promise<Written> {
    try {
      return await this.writeOnce();
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  private async writeOnce(): Promise<Written> {
    this.log ??= await this.load();
    const { anchor, tree } = this.log;
    let drained = await this.room.drainLeaves({ anchor, max: MAX_LEAVES, saysState: false });
    const isGap = !drained.isWhole && !(tree.size === 0 && beginsAtTheBeginning(drained.leaves));
    if (isGap) drained = await this.room.drainLeaves({ anchor, max: MAX_LEAVES, saysState: true });
    const entries = await this.newEntries(this.log, drained, isGap);
    const firstMs = entries[0] === undefined ? drained.nowMs : readLeaf(entries[0]).ms;
    if (entries.length > 0)
      await this.append(this.log, entries, drained.leaves.at(-1) ?? anchor, drained.nowMs);
    return {
      leaves: entries.length,
      size: this.log.tree.size,
      isGap,
      lagMs: Math.max(0, drained.nowMs - firstMs),
      nowMs: drained.nowMs,
      more: drained.left > 0,
    };
  }

  /** The entries that the log does not have yet. */
  private async newEntries(
    { tree, lastMs }: Log,
    { leaves, nowMs }: DrainedLeaves,
    isGap: boolean,
  ): Promise<Buffer[]> {
    const entries = leaves.flatMap((leaf) => publicLeaves(leaf, this.room.queueId, this.blinding));
    if (!isGap) return entries;
    const recent = await this.recentEntries(tree.size);
    const isKnown = entries.map((entry) => recent.has(entry.toString('latin1')));
    const from = isKnown.lastIndexOf(true) + 1;
    const lastKnown = recent.get(entries[from - 1]?.toString('latin1') ?? '');
    const forgotten = lastKnown === undefined ? undefined : tree.size - 1 - lastKnown;
    const added = entries.slice(from);
    const toMs = added[0] === undefined ? nowMs : readLeaf(added[0]).ms;
    const gap = gapLeaf(nowMs, lastMs, toMs, forgotten);
    return [gap, ...added];
  }

  /** Entry → its index. */
  private async recentEntries(size: number): Promise<Map<string, number>> {
    const recent = new Map<string, number>();
    const last = Math.floor(size / TILE_WIDTH);
    for (let bundle = Math.max(0, last - RECENT_BUNDLES); bundle <= last; bundle++)
      for (const [i, entry] of decodeEntries(
        await this.repository.bundle(this.room.queueId, bundle),
      ).entries())
        recent.set(entry.toString('latin1'), bundle * TILE_WIDTH + i);
    return recent;
  }

  private async append(
    log: Log,
    entries: Buffer[],
    anchor: Buffer | undefined,
    nowMs: number,
  ): Promise<void> {
    const from = log.tree.size;
    const tiles: FullTile[] = entries.flatMap((entry) => log.tree.append(leafHash(entry)));
    const { size } = log.tree;
    const root = log.tree.root();
    const note = this.key.checkpoint(size, root, nowMs);
    const checkpoint: StoredCheckpoint = { size, root, note, anchor: anchor ?? null };
    await this.repository.append(this.room.queueId, piecesOf(entries, from), tiles, checkpoint);
    log.anchor = anchor;
    log.lastMs = msOf(entries.at(-1));
  }

  /** Reads the right edge of the tree. @throws LogDamaged when it is not that of the checkpoint */
  private async load(): Promise<Log> {
    const { queueId } = this.room;
    const latest = await this.repository.latest(queueId);
    if (latest === undefined) return { tree: new GrowingTree(), anchor: undefined, lastMs: 0 };
    const { size, root, anchor } = latest;
    const bundle = decodeEntries(await this.repository.bundle(queueId, Math.floor((size - 1) / TILE_WIDTH)));
    const edge = [size % TILE_WIDTH === 0 ? [] : bundle.map(leafHash)];
    for (let level = 1, count = Math.floor(size / TILE_WIDTH); count > 0; level++) {
      const first = count - (count % TILE_WIDTH);
      edge.push(await this.repository.tileRoots(queueId, level - 1, first, count));
      count = Math.floor(count / TILE_WIDTH);
    }
    const tree = new GrowingTree(size, edge);
    if (!tree.root().equals(root)) throw new LogDamaged(queueId, size);
    return { tree, anchor: anchor ?? undefined, lastMs: msOf(bundle.at(-1)) };
  }
}

const msOf = (entry: Buffer | undefined): number => (entry === undefined ? 0 : readLeaf(entry).ms);

/** The sale of a queue may say something before the queue is there. */
function beginsAtTheBeginning(leaves: readonly Buffer[]): boolean {
  const first = leaves.map((leaf) => readLeaf(leaf).kind).find((kind) => kind !== 'sale');
  return first === 'begin' || (first === undefined && leaves.length > 0);
}

/** Cuts the entries where a bundle ends. */
function piecesOf(entries: readonly Buffer[], from: number): EntryPiece[] {
  const pieces: EntryPiece[] = [];
  for (let at = 0; at < entries.length;) {
    const firstIndex = from + at;
    const piece = entries.slice(at, at + TILE_WIDTH - (firstIndex % TILE_WIDTH));
    const issued = piece.map(readLeaf).find(({ kind }) => kind === 'issue');
    const count = piece.length;
    pieces.push({ firstIndex, count, firstSeq: issued?.seq ?? null, entries: encodeEntries(piece) });
    at += count;
  }
  return pieces;
}

import type { PublishedDraw } from './replay/draw.ts';
import { RunningRoot } from './log/hashing.ts';
import { BadLog, type Checkpoint, readCheckpoint } from './log/note.ts';
import { Signed } from './log/signed.ts';
import { replay } from './replay/replay.ts';
import { Sale } from './replay/sale.ts';
import { entriesOf, type Read } from './log/source.ts';
import { TileCheck } from './log/tiles.ts';

/** How far the clock of the worker that signs may be behind the one that the leaves have. */
const CLOCK_MS = 1000;

export interface Audited {
  sale: Sale;
  checkpoint: Checkpoint;
  /** Checkpoints out of which the log has grown. */
  consistent: number;
  /** Contradictions to a signature of the log. */
  contradictions: string[];
  /** Whether what the service publishes of its draws was at hand. */
  drawsWereGiven: boolean;
}

/** Receipt that a buyer's page has verified (docs/transparency.md). */
export interface Receipt {
  leafIndex: number;
  leaf: string;
  checkpoint: string;
}

export interface AuditOptions {
  /** The verifier key. */
  key: string;
  /** Signed notes that were seen elsewhere or before. */
  seen: string[];
  receipts?: Receipt[];
  /** As far as the service publishes them. */
  draws?: PublishedDraw[] | undefined;
  /** Reads the tiles of hashes as well. */
  tiles?: boolean;
}

/** Replays a whole log. @throws BadLog when it cannot be read as it is signed */
export async function audit(
  read: Read,
  { key, seen, receipts = [], draws, tiles = false }: AuditOptions,
): Promise<Audited> {
  const note = await read('checkpoint');
  if (note === undefined) throw new BadLog('There is no checkpoint.');
  const checkpoint = readCheckpoint(note.toString('utf8'), key);
  const notes = [...seen, ...receipts.map((receipt) => receipt.checkpoint)];
  const others = notes.map((each) => readCheckpoint(each, key));
  const sale = new Sale();
  sale.queueId = checkpoint.origin.slice(checkpoint.origin.indexOf('/') + 1);
  const signed = new Signed(checkpoint, others);
  const running = new RunningRoot();
  const tileCheck = tiles ? new TileCheck(read) : undefined;
  const leaves = new Map<number, string>(receipts.map(({ leafIndex }) => [leafIndex, '']));
  signed.judge(running);
  for await (const entry of entriesOf(read, checkpoint.size)) {
    if (leaves.has(running.size)) leaves.set(running.size, entry.toString('latin1'));
    running.add(entry);
    if (tileCheck !== undefined) await tileCheck.add(entry);
    signed.judge(running);
    replay(sale, entry, draws);
  }
  await tileCheck?.finish();
  const contradictions = [...signed.contradictions, ...(tileCheck?.problems ?? [])];
  if (sale.ms > checkpoint.ms + CLOCK_MS)
    contradictions.push('the log has leaves that are later than its checkpoint');
  for (const { leafIndex, leaf } of receipts)
    if (leaves.get(leafIndex) !== leaf) contradictions.push(`leaf ${leafIndex} is not the one of a receipt`);
  const consistent = others.filter(({ size }) => size <= checkpoint.size).length;
  const drawsWereGiven = draws !== undefined;
  return { sale, checkpoint, consistent, contradictions: [...new Set(contradictions)], drawsWereGiven };
}

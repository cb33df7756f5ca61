import { sha256, toBase64, utf8 } from './bytes';
import { canVerify, type Checkpoint, readCheckpoint, readKey } from './note';
import { BadTile, leafHash, type Read, Tree } from './tiles';

/** Claims of a queue token that name its entry. */
export interface Entry {
  jti: string;
  userId: number;
  queueId: string;
  seq: number;
  gen: number;
  iatMs: number;
  /** What hides the user in the log; undefined: there was no log when the token was issued. */
  blinding?: string;
}

/** What proves that an entry is in the log: `npm run lab -- audit --receipt` takes it. */
export interface Receipt {
  queueId: string;
  seq: number;
  generation: number;
  leafIndex: number;
  leaf: string;
  /** From the bottom up (RFC 9162, 2.1.3), Base64. */
  proof: string[];
  /** The signed note that the proof leads to. */
  checkpoint: string;
  key: string;
}

export type Verdict =
  | { kind: 'included'; receipt: Receipt; checkpoint: Checkpoint }
  /** The browser cannot verify signatures, so the log is not judged. */
  | { kind: 'unchecked' }
  /** There is no log. */
  | { kind: 'off' }
  /** The log does not go as far as the issue of the token (`late`), or goes further and lacks it (`missing`). */
  | { kind: 'late' | 'missing'; reachedMs: number }
  | { kind: 'wrong-key' | 'not-signed' | 'other-entry' | 'tampered' }
  /** A file could not be read, so the result is open. */
  | { kind: 'unreachable' };

/** A log whose last leaf is so much younger than the token must have the token. */
const SAME_MOMENT_MS = 1000;

/**
 * Verifies by the log's public files alone that an entry is in it.
 * @param knownKey the key that this browser has seen before
 */
export async function checkEntry(entry: Entry, read: Read, knownKey?: string): Promise<Verdict> {
  if (entry.blinding === undefined) return { kind: 'off' };
  if (!(await canVerify())) return { kind: 'unchecked' };
  try {
    return await verdictOn(entry, read, knownKey);
  } catch (error) {
    return { kind: error instanceof BadTile ? 'tampered' : 'unreachable' };
  }
}

async function verdictOn(entry: Entry, read: Read, knownKey?: string): Promise<Verdict> {
  const keyText = textOf(await read('key'))?.trim();
  if (keyText === undefined) return { kind: 'off' };
  const key = await readKey(keyText);
  if (key?.name !== `concert-reservation/${entry.queueId}` || (knownKey ?? keyText) !== keyText)
    return { kind: 'wrong-key' };
  const leafIndex = await findIndex(entry, read);
  const note = textOf(await read('checkpoint'));
  if (note === undefined) return { kind: 'late', reachedMs: 0 };
  const checkpoint = await readCheckpoint(note, key);
  if (checkpoint === undefined) return { kind: 'not-signed' };
  if (leafIndex === undefined || leafIndex >= checkpoint.size) return absent(entry, checkpoint, read);
  return proved(entry, read, { key: keyText, note, checkpoint, leafIndex });
}

/** Where the service says that the entry is. It is only a hint: what is there is checked. */
async function findIndex({ seq, gen }: Entry, read: Read): Promise<number | undefined> {
  const answer = textOf(await read(`inclusion?seq=${seq}&generation=${gen}`));
  if (answer === undefined) return undefined;
  const { leafIndex } = (JSON.parse(answer) as { data: { leafIndex: number } }).data;
  return Number.isSafeInteger(leafIndex) && leafIndex >= 0 ? leafIndex : undefined;
}

/** Leaves stand in the order of their time: the last one says how far the log has come. */
async function absent({ iatMs }: Entry, { size }: Checkpoint, read: Read): Promise<Verdict> {
  const last = size === 0 ? '' : (textOf(await new Tree(size, read).leaf(size - 1)) ?? '');
  const reachedMs = Number(last.split(' ')[1] ?? 0);
  return { kind: reachedMs > iatMs + SAME_MOMENT_MS ? 'missing' : 'late', reachedMs };
}

interface Found {
  key: string;
  note: string;
  checkpoint: Checkpoint;
  leafIndex: number;
}

async function proved(entry: Entry, read: Read, found: Found): Promise<Verdict> {
  const { checkpoint, leafIndex } = found;
  const tree = new Tree(checkpoint.size, read);
  const leaf = await tree.leaf(leafIndex);
  const text = textOf(leaf) ?? '';
  const proof: Parameters<Tree['rootFrom']>[2] = [];
  const root = await tree.rootFrom(await leafHash(leaf), leafIndex, proof);
  if (toBase64(root) !== checkpoint.root) return { kind: 'tampered' };
  const [kind, , seq, gen, commitment] = text.split(' ');
  const isOwn = kind === 'issue' && Number(seq) === entry.seq && Number(gen) === entry.gen;
  if (!isOwn || commitment !== (await commitmentOf(entry))) return { kind: 'other-entry' };
  const receipt: Receipt = {
    queueId: entry.queueId,
    seq: entry.seq,
    generation: entry.gen,
    leafIndex,
    leaf: text,
    proof: proof.map(toBase64),
    checkpoint: found.note,
    key: found.key,
  };
  return { kind: 'included', receipt, checkpoint };
}

/** The blinded hash of a token (docs/transparency.md). */
async function commitmentOf({ jti, userId, blinding }: Entry): Promise<string> {
  return toBase64(await sha256(utf8(['concert-queue-token/1', jti, userId, blinding].join('\n'))));
}

const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder().decode(bytes);

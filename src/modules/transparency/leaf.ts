import { type Blinding, tokenIdOf } from '../waiting-room/tokens/blinding';

const BLANK = 0x20;

/** Where the blank after the n-th word is. */
function endOfWord(leaf: Buffer, n: number): number {
  let at = -1;
  for (let word = 0; word < n; word++) at = leaf.indexOf(BLANK, at + 1);
  return at;
}

/**
 * Leaves as the log has them, of one text as the scripts write it (lua/include/leaves.lua): instead of users the blinded
 * hashes of their tokens, and bits as text. Everything else stays as it is.
 */
export function publicLeaves(leaf: Buffer, queueId: string, blinding: Blinding): Buffer[] {
  if (leaf.subarray(0, ISSUES.length).equals(ISSUES))
    return publicIssues(leaf.toString('latin1'), queueId, blinding);
  if (leaf.subarray(0, ADMITS.length).equals(ADMITS)) return publicAdmissions(leaf.toString('latin1'));
  if (leaf.subarray(0, PRESENT.length).equals(PRESENT)) {
    const bitsFrom = endOfWord(leaf, 5) + 1;
    const bits = leaf.subarray(bitsFrom).toString('base64');
    return [Buffer.concat([leaf.subarray(0, bitsFrom), Buffer.from(bits)])];
  }
  return [leaf];
}

const ISSUES = Buffer.from('issues ');
const ADMITS = Buffer.from('admits ');
const PRESENT = Buffer.from('present ');

/** `issues <ms> <first seq> <gen> <user> …` */
function publicIssues(leaf: string, queueId: string, blinding: Blinding): Buffer[] {
  const [, ms = '', first = '', gen = '', ...users] = leaf.split(' ');
  return users.map((user, i) => {
    const seq = Number(first) + i;
    const commitment = blinding.commitment(tokenIdOf(queueId, Number(gen), seq), user);
    return Buffer.from(`issue ${ms} ${seq} ${gen} ${commitment}`);
  });
}

/** `admits <ms> <head before> <seq> …`: each has the one before it as the head. */
function publicAdmissions(leaf: string): Buffer[] {
  const [, ms = '', head = '', ...seqs] = leaf.split(' ');
  return seqs.map((seq, i) => Buffer.from(`admit ${ms} ${seq} next ${seqs[i - 1] ?? head}`));
}

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

/** The type of a leaf, and its second and third word as numbers: the time (ms), and of many leaves the seq. */
export function readLeaf(leaf: Buffer): { kind: string; ms: number; seq: number } {
  const { kind, ms, words } = parseLeaf(leaf.subarray(0, 64)); // a bitmap of presence is long
  return { kind, ms, seq: Number(words[0]) };
}

/**
 * Says that leaves were lost: what happened from one time to another is not known.
 * @param forgotten how many of the leaves before this one Redis has forgotten as well, so that they may be undone;
 * undefined: all of what it knew
 */
export const gapLeaf = (nowMs: number, fromMs: number, toMs: number, forgotten: number | undefined): Buffer =>
  Buffer.from(`gap ${nowMs} ${fromMs} ${toMs} ${forgotten ?? '-'}`);

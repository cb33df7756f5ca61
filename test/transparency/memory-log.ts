import { audit, type Audited, type AuditOptions } from '../../lab/audit/audit';
import { RunningRoot } from '../../lab/audit/log/hashing';
import type { Read } from '../../lab/audit/log/source';
import { encodeEntries } from '../../src/modules/transparency/bundle';
import { publicLeaves as publicLeavesOf } from '../../src/modules/transparency/leaf';
import { SigningKey } from '../../src/modules/transparency/keys/signing-key';
import { Blinding } from '../../src/modules/waiting-room/tokens/blinding';

export const QUEUE_ID = 'main';
const keyOf = (secret: string, queueId: string): SigningKey =>
  new SigningKey(secret, `concert-reservation/${queueId}`);
const key = keyOf('a secret of these tests', QUEUE_ID);
const blinding = new Blinding('a secret of these tests');
const NOW_MS = 9_000_000_000_000;
const BUNDLE = 256;

/** The leaves of a queue as Redis has them, as the log has them. */
export const publicLeaves = (leaves: Buffer[]): string[] =>
  leaves.flatMap((leaf) => publicLeavesOf(leaf, QUEUE_ID, blinding)).map((leaf) => leaf.toString('latin1'));

function rootOf(leaves: string[]): Buffer {
  const running = new RunningRoot();
  for (const leaf of leaves) running.add(Buffer.from(leaf));
  return running.root();
}

/** The checkpoint that the operator of the log signs over these leaves. @param by an older key, or that of another queue */
export const checkpointOf = (leaves: string[], by: { secret?: string; queueId?: string } = {}): string =>
  keyOf(by.secret ?? 'a secret of these tests', by.queueId ?? QUEUE_ID).checkpoint(
    leaves.length,
    rootOf(leaves),
    NOW_MS,
  );

interface Served extends Partial<AuditOptions> {
  /** Another checkpoint than the one that the leaves have. */
  note?: string;
  /** Other files than those that the leaves have, by path; null: not there. */
  files?: Record<string, Buffer | null>;
}

/** Audits a log of these leaves. */
export async function auditOf(
  leaves: string[],
  { note = checkpointOf(leaves), files = {}, ...options }: Served = {},
): Promise<Audited> {
  const read: Read = (path) => {
    if (path === 'checkpoint') return Promise.resolve(Buffer.from(note));
    if (files[path] !== undefined) return Promise.resolve(files[path] ?? undefined);
    const [, index = '0'] = /^tile\/entries\/(\d{3})/.exec(path) ?? [];
    const from = Number(index) * BUNDLE;
    return Promise.resolve(encodeEntries(leaves.slice(from, from + BUNDLE).map((leaf) => Buffer.from(leaf))));
  };
  return audit(read, { key: key.verifierKey, seen: [], ...options });
}

/** What an audit says is wrong. */
export async function faultsOf(...of: Parameters<typeof auditOf>): Promise<string[]> {
  const { sale, contradictions } = await auditOf(...of);
  return [...contradictions, ...sale.findings.map(({ text }) => text)];
}

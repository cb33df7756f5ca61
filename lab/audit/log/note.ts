import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { sha256 } from './hashing.ts';

/** What comes before an Ed25519 key in SubjectPublicKeyInfo (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** A checkpoint that is signed as it must be. */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Buffer;
  /** When it was made, by its own word (ms). */
  ms: number;
  note: string;
}

/** Something that the log has signed, or that it serves, is not what it must be. */
export class BadLog extends Error {}

interface VerifierKey {
  name: string;
  id: Buffer;
  key: KeyObject;
}

/** `name+id+key` (C2SP signed-note). @throws BadLog */
function readKey(text: string): VerifierKey {
  const [, name = '', id = '', base64 = ''] = /^(.+)\+([0-9a-f]{8})\+([\w+/]+=*)$/.exec(text.trim()) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== 33 || bytes[0] !== 1) throw new BadLog('The verifier key is none of Ed25519.');
  const wantedId = sha256(Buffer.concat([Buffer.from(`${name}\n`), bytes])).subarray(0, 4);
  if (wantedId.toString('hex') !== id) throw new BadLog('The verifier key does not have the id of its key.');
  const der = Buffer.concat([SPKI, bytes.subarray(1)]);
  return { name, id: wantedId, key: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

/** Reads a signed checkpoint (C2SP tlog-checkpoint). @throws BadLog */
export function readCheckpoint(note: string, verifierKey: string): Checkpoint {
  const { name, id, key } = readKey(verifierKey);
  const end = note.indexOf('\n\n') + 1;
  const text = note.slice(0, end);
  const isSigned = note
    .slice(end + 1)
    .split('\n')
    .some((line) => {
      if (!line.startsWith(`— ${name} `)) return false;
      const signature = Buffer.from(line.slice(name.length + 3), 'base64');
      return (
        signature.subarray(0, 4).equals(id) && verify(null, Buffer.from(text), key, signature.subarray(4))
      );
    });
  if (!isSigned) throw new BadLog(`A checkpoint is not signed by ${name}.`);
  const [origin = '', size = '', root = '', ...others] = text.split('\n');
  if (origin !== name || !/^\d+$/.test(size)) throw new BadLog('A checkpoint is malformed.');
  const time = others.find((line) => line.startsWith('time '))?.slice(5);
  if (!/^\d{13}$/.test(time ?? '')) throw new BadLog('A checkpoint does not say when it was made.');
  return {
    origin,
    size: Number(size),
    root: Buffer.from(root, 'base64'),
    ms: Number(time),
    note,
  };
}

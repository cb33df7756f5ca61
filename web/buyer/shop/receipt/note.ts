import { type Bytes, fromBase64, joined, sha256, utf8 } from './bytes';

/** The signature type of Ed25519 in signed notes (C2SP signed-note). */
const ED25519 = 1;
const KEY_ID_BYTES = 4;

export interface VerifierKey {
  name: string;
  id: string;
  bytes: Bytes;
}

/** Size and root of a log, as its key has signed them. */
export interface Checkpoint {
  size: number;
  root: string;
  /** When it was made, by its own word; 0: it does not say. */
  atMs: number;
}

/** Reads `name+id+key` (C2SP signed-note). Undefined: it is none of Ed25519, or the id is not that of the key. */
export async function readKey(text: string): Promise<VerifierKey | undefined> {
  const [, name = '', id = '', base64 = ''] = /^(\S+)\+([0-9a-f]{8})\+([\w+/]+=*)$/.exec(text.trim()) ?? [];
  const bytes = fromBase64(base64);
  if (bytes?.length !== 33 || bytes[0] !== ED25519) return undefined;
  const digestId = idOf(await sha256(joined(utf8(`${name}\n`), bytes)));
  return digestId === id ? { name, id, bytes: bytes.slice(1) } : undefined;
}

/** Whether this browser can verify Ed25519 at all: older ones cannot, and none can where the connection is not secure. */
export async function canVerify(): Promise<boolean> {
  const { subtle } = crypto as Partial<typeof crypto>;
  if (subtle === undefined) return false;
  try {
    await subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    return true;
  } catch {
    return false;
  }
}

/** Reads a checkpoint (C2SP tlog-checkpoint). Undefined: the key has not signed it, or it is malformed. */
export async function readCheckpoint(note: string, key: VerifierKey): Promise<Checkpoint | undefined> {
  const end = note.indexOf('\n\n') + 1;
  const text = note.slice(0, end);
  const [origin, size = '', root = '', ...others] = text.split('\n');
  if (origin !== key.name || !/^\d{1,15}$/.test(size) || !(await isSigned(text, note.slice(end + 1), key)))
    return undefined;
  const time = others.find((line) => line.startsWith('time '));
  return { size: Number(size), root, atMs: Number(time?.slice('time '.length) ?? 0) };
}

const idOf = (bytes: Bytes): string =>
  [...bytes.subarray(0, KEY_ID_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

async function isSigned(
  text: string,
  signatures: string,
  { name, id, bytes }: VerifierKey,
): Promise<boolean> {
  const lines = signatures.split('\n').filter((line) => line.startsWith(`— ${name} `));
  const imported = await crypto.subtle.importKey('raw', bytes, 'Ed25519', false, ['verify']);
  for (const line of lines) {
    const signature = fromBase64(line.slice(`— ${name} `.length));
    if (signature === undefined || idOf(signature) !== id) continue;
    const rest = signature.slice(KEY_ID_BYTES);
    if (await crypto.subtle.verify('Ed25519', imported, rest, utf8(text))) return true;
  }
  return false;
}

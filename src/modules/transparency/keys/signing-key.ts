import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from 'node:crypto';

/** What comes before the 32 bytes of an Ed25519 seed in PKCS #8 (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
/** The signature type of Ed25519 in signed notes. */
const ED25519 = Buffer.from([1]);
const KEY_ID_BYTES = 4;

/** Signs checkpoints of one log as signed notes (C2SP signed-note, tlog-checkpoint). */
export class SigningKey {
  private readonly privateKey: KeyObject;
  private readonly publicKey: Buffer;
  private readonly keyId: Buffer;

  /** @param secret the seed follows from it @param origin the log's name, and the key's */
  constructor(
    secret: string,
    readonly origin: string,
  ) {
    const seed = hash('sha256', `transparency log signing key\n${secret}`, 'buffer');
    this.privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.privateKey).export({ format: 'der', type: 'spki' });
    this.publicKey = Buffer.concat([ED25519, spki.subarray(-32)]);
    const named = Buffer.concat([Buffer.from(`${origin}\n`), this.publicKey]);
    this.keyId = hash('sha256', named, 'buffer').subarray(0, KEY_ID_BYTES);
  }

  /** The verifier key, `name+id+key`. */
  get verifierKey(): string {
    return `${this.origin}+${this.keyId.toString('hex')}+${this.publicKey.toString('base64')}`;
  }

  /** A signed note that says the size and the root of the tree, and when it was so. */
  checkpoint(size: number, root: Buffer, atMs: number): string {
    const text = `${this.origin}\n${size}\n${root.toString('base64')}\ntime ${atMs}\n`;
    const signature = Buffer.concat([this.keyId, sign(null, Buffer.from(text), this.privateKey)]);
    return `${text}\n— ${this.origin} ${signature.toString('base64')}\n`;
  }
}

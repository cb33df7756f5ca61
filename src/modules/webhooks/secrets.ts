import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { SecretUnreadable } from './errors';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Of a stored secret that is encrypted: `enc1:<key's name>:<Base64 of nonce, tag and ciphertext>`. */
const ENCRYPTED = /^enc1:([\da-f]{8}):([A-Za-z\d+/=]+)$/;

interface Key {
  /** Says nothing about the key but which one it is. */
  name: string;
  bytes: Buffer;
}

/**
 * Keeps the secrets of webhooks in the database: each call is signed with them, so they cannot be hashed. With
 * WEBHOOK_ENCRYPTION_KEY they are encrypted (AES-256-GCM, bound to their URL); without it they are stored as they are.
 */
@scoped(Lifecycle.ContainerScoped)
export class WebhookSecrets {
  private readonly current: Key | undefined;
  private readonly known: Key[];

  constructor(@inject(CONFIG) config: Config) {
    this.current = keyOf(config.WEBHOOK_ENCRYPTION_KEY);
    this.known = [this.current, keyOf(config.WEBHOOK_ENCRYPTION_KEY_SECONDARY)].filter(
      (key) => key !== undefined,
    );
  }

  /** @returns what is stored */
  seal(secret: string, url: string): string {
    if (this.current === undefined) return secret;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.current.bytes, nonce).setAAD(Buffer.from(url));
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    const packed = Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
    return `enc1:${this.current.name}:${packed}`;
  }

  /** @throws SecretUnreadable: encrypted with a key that is not configured, or for another URL */
  open(stored: string, url: string): string {
    const match = ENCRYPTED.exec(stored);
    if (match === null) return stored;
    const key = this.known.find(({ name }) => name === match[1]);
    if (key === undefined) throw new SecretUnreadable();
    const packed = Buffer.from(match[2] ?? '', 'base64');
    const tagEnd = NONCE_BYTES + TAG_BYTES;
    try {
      const decipher = createDecipheriv(CIPHER, key.bytes, packed.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(url))
        .setAuthTag(packed.subarray(NONCE_BYTES, tagEnd));
      return decipher.update(packed.subarray(tagEnd)).toString('utf8') + decipher.final('utf8');
    } catch {
      throw new SecretUnreadable();
    }
  }

  /** Re-encrypts a stored secret with the current key. @throws SecretUnreadable */
  reseal(stored: string, url: string): string {
    const name = ENCRYPTED.exec(stored)?.[1];
    return name === this.current?.name ? stored : this.seal(this.open(stored, url), url);
  }
}

function keyOf(secret: string): Key | undefined {
  if (secret === '') return undefined;
  const bytes = Buffer.from(hkdfSync('sha256', secret, '', 'secrets of webhooks', KEY_BYTES));
  return { bytes, name: createHash('sha256').update(bytes).digest('hex').slice(0, 8) };
}

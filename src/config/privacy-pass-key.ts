import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { refuseTwice, splitList } from './lists';

/** RFC 9578, 6: a token's signature has 256 bytes. */
const RSA_BITS = 2048;

/** A public key of a Privacy Pass issuer. */
export interface PrivacyPassKey {
  /** SHA-256 of `der`: what tokens name it by. */
  id: Buffer;
  der: Buffer;
  key: KeyObject;
}

/** Base64url of SubjectPublicKeyInfo with the RSASSA-PSS OID, as issuers publish it. @throws Error that says what is wrong */
function parseKey(text: string): PrivacyPassKey {
  const der = Buffer.from(text, 'base64url');
  let key: KeyObject;
  try {
    key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    throw new Error('must be public keys as the issuer publishes them: base64url, with a comma between two');
  }
  if (key.asymmetricKeyType !== 'rsa-pss' || key.asymmetricKeyDetails?.modulusLength !== RSA_BITS)
    throw new Error(`must be RSASSA-PSS keys of ${RSA_BITS} bits: of token type 2`);
  return { id: createHash('sha256').update(der).digest(), der, key };
}

/** Keys with `,` between them. @throws Error that says what is wrong */
export function parsePrivacyPassKeys(text: string): [PrivacyPassKey, ...PrivacyPassKey[]] {
  const keys = splitList(text);
  refuseTwice(keys);
  const [first = '', ...more] = keys;
  return [parseKey(first), ...more.map(parseKey)];
}

import { createPublicKey, type KeyObject } from 'node:crypto';

const MIN_RSA_BITS = 2048;

/** The algorithm of signatures (RFC 7518, RFC 8037) that go with a key. */
export type SignatureAlgorithm = 'RS256' | 'ES256' | 'EdDSA';

/** @throws Error that says why nothing can be verified with this key */
export function algorithmOf(key: KeyObject): SignatureAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return 'EdDSA';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  if (type !== 'rsa') throw new Error('must be an RSA key, or one of the curves P-256 and Ed25519');
  const bits = details?.modulusLength ?? 0;
  if (bits < MIN_RSA_BITS) throw new Error(`must have at least ${MIN_RSA_BITS} bits, not ${bits}`);
  return 'RS256';
}

/** A public key in PEM, whose line breaks may be written `\n`. @throws Error that says what is wrong */
export function parsePublicKey(text: string): KeyObject {
  const pem = text.replaceAll('\\n', '\n');
  if (/PRIVATE KEY/.test(pem)) throw new Error('must be the public key: the private one belongs to the shop');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Error('must be a public key in PEM: -----BEGIN PUBLIC KEY----- …');
  }
  algorithmOf(key);
  return key;
}

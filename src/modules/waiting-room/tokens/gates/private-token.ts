import { createHash, type KeyObject, constants, verify } from 'node:crypto';

/** Publicly verifiable tokens: Blind RSA with 2048 bits (RFC 9578, 6). */
const TOKEN_TYPE = 2;
const HASH_BYTES = 32;
const SIGNATURE_BYTES = 256;
const INPUT_BYTES = 2 + 3 * HASH_BYTES;
const SALT_BYTES = 48;

/** What a token must be for (TokenChallenge, RFC 9577, 2.1.1). */
export interface TokenChallenge {
  issuer: string;
  /** 32 bytes that bind a token to a time and a place. */
  context: Buffer;
  origin: string;
}

/** A token (RFC 9577, 2.2). */
export interface PrivateToken {
  /** All but the signature. */
  input: Buffer;
  challengeDigest: Buffer;
  keyId: Buffer;
  signature: Buffer;
}

const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const withLength = (text: string): Buffer =>
  Buffer.concat([uint16(Buffer.byteLength(text)), Buffer.from(text)]);

export const encodeChallenge = ({ issuer, context, origin }: TokenChallenge): Buffer =>
  Buffer.concat([
    uint16(TOKEN_TYPE),
    withLength(issuer),
    Buffer.from([context.length]),
    context,
    withLength(origin),
  ]);

export const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** Base64url with its padding, as RFC 9577 has it. */
export const base64url = (bytes: Buffer): string =>
  bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');

const HEADER = /^PrivateToken +token="?([\w-]{472}={0,2})"?$/i;

/** The token of an Authorization header; undefined: there is none of this type. */
export function readPrivateToken(header: string | undefined): PrivateToken | undefined {
  const [, text = ''] = HEADER.exec(header ?? '') ?? [];
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== INPUT_BYTES + SIGNATURE_BYTES || bytes.readUInt16BE(0) !== TOKEN_TYPE)
    return undefined;
  const part = (index: number): Buffer =>
    bytes.subarray(2 + index * HASH_BYTES, 2 + (index + 1) * HASH_BYTES);
  return {
    input: bytes.subarray(0, INPUT_BYTES),
    challengeDigest: part(1),
    keyId: part(2),
    signature: bytes.subarray(INPUT_BYTES),
  };
}

/** RSASSA-PSS over the input, which is what the client gets of the blind signature (RFC 9578, 6.3; RFC 9474). */
export const isSigned = ({ input, signature }: PrivateToken, key: KeyObject): boolean =>
  verify(
    'sha384',
    input,
    { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_BYTES },
    signature,
  );

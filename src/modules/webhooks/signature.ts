import { createHmac, randomBytes } from 'node:crypto';

/** Of Standard Webhooks (https://www.standardwebhooks.com): 24 to 64 random bytes, in Base64 behind this. */
const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export const newSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

/** Headers of a call. */
export interface SignedHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * Signs a call as Standard Webhooks 1.0 has it: `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in Base64, for each
 * secret one, with a blank between them.
 */
export function sign(
  message: { id: string; timestamp: number; body: string },
  secrets: readonly string[],
): SignedHeaders {
  const { id, timestamp, body } = message;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}

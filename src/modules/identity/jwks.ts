import { createPublicKey } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';
import { z } from 'zod';
import { readBounded } from '../../common/read-bounded';
import { algorithmOf } from '../../config/public-key';

const FETCH_TIMEOUT_MS = 3_000;
const LIMIT = { maxBytes: 65_536, what: 'the shop’s keys' };
const MAX_KEYS = 100;

const KeySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(MAX_KEYS) });

/**
 * The keys that the shop publishes. Redirects are not followed, and neither the time nor the size of the answer is the
 * shop's to choose.
 * @throws when there is no key set with a usable key in time
 */
export async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the shop’s keys: the answer was ${response.status}`);
  }
  const parsed = KeySet.safeParse(JSON.parse(await readBounded(response, LIMIT)));
  if (!parsed.success) throw new Error('the shop’s keys: the answer is no JSON Web Key Set');
  const keys = (parsed.data.keys as JWK[]).filter(isUsable);
  if (keys.length === 0)
    throw new Error('the shop’s keys: none is an RSA key of 2048 bits, or one of P-256 or Ed25519');
  return { keys };
}

/** Keys for other purposes, weak ones and secrets are left out, so that nothing is ever verified with them. */
function isUsable(jwk: JWK): boolean {
  if (jwk.use !== undefined && jwk.use !== 'sig') return false;
  try {
    algorithmOf(createPublicKey({ key: jwk, format: 'jwk' }));
    return true;
  } catch {
    return false;
  }
}

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readBounded } from '../../../common/read-bounded';
import type { Commitment } from './repository';

const TIMEOUT_MS = 3000;
const LIMIT = { maxBytes: 16_384, what: 'drand' };

/** The least number of operators that must have committed: a single one could try secrets until the draw suits it. */
const MIN_OPERATORS = 2;

const Hex = z.string().regex(/^[0-9a-f]+$/);
const Hash = Hex.length(64);

/** A drand node’s description of its chain. */
const ChainInfo = z.object({
  public_key: Hex,
  period: z.int().min(1),
  genesis_time: z.int().min(0),
  hash: Hash,
  groupHash: Hash,
  metadata: z.object({ beaconID: z.string() }).optional(),
});
type ChainInfo = z.infer<typeof ChainInfo>;

/** A drand node’s description of a round. */
const Round = z.object({ round: z.int().min(1), randomness: Hash, signature: Hex });

/** The beacon cannot be used, and never will be: an organizer must decide. */
export class BeaconRefused extends Error {}

/**
 * The beacon's text when every operator who has committed has revealed; undefined before, or if too few have committed.
 */
export function revealedBeacon(commitments: Commitment[]): string | undefined {
  if (commitments.length < MIN_OPERATORS) return undefined;
  const words = commitments.map(({ hash, secret }) => secret && `${hash}=${secret}`);
  return words.some((word) => !word) ? undefined : `reveal ${words.join(' ')}`;
}

export const commitmentOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/**
 * Reads JSON of a drand node. Neither the time nor the size of the answer is the node's to choose.
 * @throws when there is no such answer in time
 */
export const drandNode =
  (baseUrl: string) =>
  async (path: string): Promise<unknown> => {
    const url = `${baseUrl.replace(/\/$/, '')}/${path}`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new Error(`${url} answers ${answer.status}`);
    }
    return JSON.parse(await readBounded(answer, LIMIT));
  };

/**
 * Reads a round of a drand chain. Verified: that the chain's parameters have the named hash, that the round is the named
 * one and is made after the registration has closed, that the randomness is the hash of the signature. Not verified
 * here: the signature itself (BLS12-381); any drand client does that with what is published.
 * @returns the beacon's text; undefined: the round is not there yet
 * @throws BeaconRefused when what the node says is not what was named, or the round was known before the closing
 */
export async function drandBeacon(
  fetchJson: (path: string) => Promise<unknown>,
  named: { chain: string; round: number },
  { closesAtMs, nowMs }: { closesAtMs: number; nowMs: number },
): Promise<string | undefined> {
  const info = ChainInfo.parse(await fetchJson(`${named.chain}/info`));
  if (chainHash(info) !== named.chain) throw new BeaconRefused('the chain has not the hash that was named');
  const madeAtMs = (info.genesis_time + (named.round - 1) * info.period) * 1000;
  if (madeAtMs < closesAtMs)
    throw new BeaconRefused('the round is made before the registration closes: it could be known');
  if (nowMs < madeAtMs) return undefined;
  const round = Round.parse(await fetchJson(`${named.chain}/public/${named.round}`));
  if (round.round !== named.round) throw new BeaconRefused('the node has answered with another round');
  const hashed = createHash('sha256').update(Buffer.from(round.signature, 'hex')).digest('hex');
  if (hashed !== round.randomness) throw new BeaconRefused('the randomness is not the hash of the signature');
  return `drand ${named.chain} ${round.round} ${round.signature}`;
}

/** As drand makes it of the chain's parameters. */
export function chainHash({ period, genesis_time, public_key, groupHash, metadata }: ChainInfo): string {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(period);
  numbers.writeBigInt64BE(BigInt(genesis_time), 4);
  const hash = createHash('sha256').update(numbers);
  hash.update(Buffer.from(public_key, 'hex')).update(Buffer.from(groupHash, 'hex'));
  const id = metadata?.beaconID ?? 'default';
  if (id !== 'default') hash.update(id);
  return hash.digest('hex');
}

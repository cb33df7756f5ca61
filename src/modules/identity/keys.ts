import { createLocalJWKSet, type CryptoKey, errors, type JWSHeaderParameters } from 'jose';
import type { KeyObject } from 'node:crypto';
import { monotonicMs } from '../../common/clock';
import { Unavailable } from '../../common/errors';
import { algorithmOf, parsePublicKey } from '../../config/public-key';
import { fetchKeys } from './jwks';

/** Source of the keys that verify assertions. */
export interface Keys {
  /** @throws JOSEError: no such key; Unavailable (503): only the shop could tell, and it does not answer */
  find(header: JWSHeaderParameters): Promise<CryptoKey | KeyObject>;
  /** Fetches the keys if it is time to. @throws when that fails */
  refresh(): Promise<void>;
}

/** One key that the configuration names. */
export class ConfiguredKey implements Keys {
  private readonly key: KeyObject;
  private readonly algorithm: string;

  constructor(pem: string) {
    this.key = parsePublicKey(pem);
    this.algorithm = algorithmOf(this.key);
  }

  find({ alg }: JWSHeaderParameters): Promise<KeyObject> {
    return alg === this.algorithm
      ? Promise.resolve(this.key)
      : Promise.reject(new errors.JOSEAlgNotAllowed(`the key is one for ${this.algorithm}`));
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }
}

const REFRESH_AFTER_MS = 300_000;
/** Keys as old as that are used no more: one that the shop has withdrawn must end at some time. */
const MAX_AGE_MS = 24 * 3_600_000;
/** An unknown key is a reason to ask the shop, but not for every one that sends nonsense. */
const COOLDOWN_MS = 10_000;

interface LoadedKeys {
  find: ReturnType<typeof createLocalJWKSet>;
  atMs: number;
}

export interface FetchedKeysOptions {
  onFetched?: (result: 'ok' | 'failed') => void;
  fetch?: typeof fetchKeys;
  /** Monotonic clock. */
  nowMs?: () => number;
}

/**
 * The keys that the shop publishes, fetched every five minutes and when a key is unknown. While the shop does not answer
 * the known ones are used for a day. Requests that need an unknown key share one fetch, which they wait for; all others
 * wait for none.
 */
export class FetchedKeys implements Keys {
  private loaded: LoadedKeys | undefined;
  private loading: Promise<void> | undefined;
  private triedAtMs = -Infinity;
  private hasFailed = false;

  constructor(
    private readonly url: string,
    private readonly options: FetchedKeysOptions = {},
  ) {}

  /** Undefined: there are none. */
  get ageMs(): number | undefined {
    return this.loaded && this.now - this.loaded.atMs;
  }

  async refresh(): Promise<void> {
    if (this.hasFailed || (this.ageMs ?? Infinity) >= REFRESH_AFTER_MS) await this.load();
  }

  async find(header: JWSHeaderParameters): Promise<CryptoKey> {
    const known = this.usable;
    if (known === undefined) return (await this.loadedNow()).find(header);
    try {
      return await known.find(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await this.loadedNow()).find(header);
    }
  }

  private get usable(): LoadedKeys | undefined {
    return (this.ageMs ?? Infinity) < MAX_AGE_MS ? this.loaded : undefined;
  }

  private get now(): number {
    return this.options.nowMs?.() ?? monotonicMs();
  }

  /** The keys after asking the shop, unless it was asked a moment ago. @throws Unavailable (503) */
  private async loadedNow(): Promise<LoadedKeys> {
    if (this.loading !== undefined || this.now - this.triedAtMs >= COOLDOWN_MS)
      await this.load().catch(() => undefined); // `hasFailed` says so
    const { usable } = this;
    if (usable === undefined || this.hasFailed) throw new Unavailable('The list of the shop’s keys', 5);
    return usable;
  }

  private load(): Promise<void> {
    this.loading ??= this.fetch().finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async fetch(): Promise<void> {
    this.triedAtMs = this.now;
    try {
      const keys = await (this.options.fetch ?? fetchKeys)(this.url);
      this.loaded = { find: createLocalJWKSet(keys), atMs: this.now };
      this.hasFailed = false;
      this.options.onFetched?.('ok');
    } catch (error) {
      this.hasFailed = true;
      this.options.onFetched?.('failed');
      throw error;
    }
  }
}

import type { Config } from '../../../../config/config';
import { parsePrivacyPassKeys } from '../../../../config/privacy-pass-key';
import { splitList } from '../../../../config/lists';
import type { Breaker } from '../../../../platform/circuit-breaker/breaker';
import type { Logger } from '../../../../platform/observability/logger';
import { bitsAt } from './difficulty';
import type { Gate } from './gate';
import { PrivacyPass } from './privacy-pass';
import { ProofOfWork } from './proof-of-work';
import { siteverifyAt } from './siteverify';
import type { GateName } from './token-gate';
import { Turnstile } from './turnstile';

interface Parts {
  rooms: { issuesPerSecond: number };
  breakers: { make: (name: string, limitMs: number) => Breaker };
  logger: Logger;
}

type Create = (config: Config, parts: Parts) => Gate | undefined;

const CREATE: Record<GateName, Create> = {
  none: () => undefined,
  'proof-of-work': (config, { rooms }) => {
    const bounds = {
      minBits: config.TOKEN_PROOF_OF_WORK_BITS,
      maxBits: config.TOKEN_PROOF_OF_WORK_MAX_BITS,
      ratePerSecond: config.TOKEN_PROOF_OF_WORK_RATE,
    };
    const { TOKEN_SECRET: secret, TOKEN_SECRET_SECONDARY: accepted } = config;
    return new ProofOfWork({ bits: () => bitsAt(rooms.issuesPerSecond, bounds), secret, accepted });
  },
  turnstile: (config, { breakers, logger }) => {
    const { TOKEN_TURNSTILE_URL: url, TOKEN_TURNSTILE_SECRET: secret } = config;
    const timeoutMs = config.TOKEN_TURNSTILE_TIMEOUT_MS;
    const rules = {
      hostnames: splitList(config.TOKEN_TURNSTILE_HOSTNAMES.toLowerCase()), // as a browser names a page's host
      action: config.TOKEN_TURNSTILE_ACTION,
      isOpenOnFailure: config.TOKEN_TURNSTILE_ON_FAILURE === 'open',
    };
    const siteverify = siteverifyAt(url, { secret, timeoutMs });
    return new Turnstile(siteverify, rules, breakers.make('turnstileService', timeoutMs), logger);
  },
  'privacy-pass': (config) =>
    new PrivacyPass({
      issuer: config.TOKEN_PRIVACY_PASS_ISSUER,
      origin: config.TOKEN_PRIVACY_PASS_ORIGIN,
      keys: parsePrivacyPassKeys(config.TOKEN_PRIVACY_PASS_KEYS),
      secrets: [
        config.TOKEN_SECRET,
        ...(config.TOKEN_SECRET_SECONDARY === '' ? [] : [config.TOKEN_SECRET_SECONDARY]),
      ],
    }),
};

/** The gate that the configuration demands; undefined: tokens are free. */
export const createGate = (config: Config, parts: Parts): Gate | undefined =>
  CREATE[config.TOKEN_GATE](config, parts);

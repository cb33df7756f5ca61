import { integer, oneOf } from '../field';
import { headerSecret, secret } from '../text-field';

/** Secrets, and what a token costs. */
export const tokensFields = {
  TOKEN_SECRET: secret({
    about: 'Signs queue tokens: at least 32 bytes; in development an empty one is replaced by a random one',
  }),
  TOKEN_SECRET_SECONDARY: secret({
    about:
      'Signs nothing, but its tokens are accepted: the next secret before a change, the previous one after it',
  }),
  TRANSPARENCY: oneOf({
    values: ['on', 'off'],
    default: 'on',
    about: 'Whether each queue keeps a log by which anybody can check its order (docs/transparency.md)',
  }),
  TRANSPARENCY_SECRET: secret({
    about:
      'The key that signs the transparency log is made of it: at least 32 bytes, never changed; empty: made of TOKEN_SECRET, and another one when that changes',
  }),
  MANAGEMENT_TOKEN: headerSecret({
    about:
      'Acts as an admin on the management port (npm run queue, /v1/admin), beside operator keys: at least 32 bytes; empty: only the keys do',
  }),
  TOKEN_RATE_PER_MINUTE: integer({
    min: 0,
    default: 0,
    unit: 'requests',
    about: 'Token requests allowed per client address; 0: no limit',
  }),
  TRUST_PROXY: integer({
    min: 0,
    max: 10,
    default: 0,
    unit: 'hops',
    about:
      'Trusted proxies in front: how many entries of X-Forwarded-For count, or of Forwarded (RFC 7239); if a request has both, what both agree on',
  }),
};

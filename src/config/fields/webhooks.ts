import { integer } from '../field';
import { networks, secret } from '../text-field';

/** Calls of webhooks. */
export const webhooksFields = {
  WEBHOOK_ENCRYPTION_KEY: secret({
    about:
      'Encrypts the secrets of webhooks in the database: at least 32 bytes; empty: they are stored as they are',
  }),
  WEBHOOK_ENCRYPTION_KEY_SECONDARY: secret({
    about: 'Encrypts nothing, but opens what the previous key has encrypted',
  }),
  WEBHOOK_TIMEOUT_MS: integer({
    min: 100,
    max: 60_000,
    default: 15_000,
    unit: 'ms',
    about: 'Longest time that a call of a webhook may take, from the look-up of its address to the answer',
  }),
  WEBHOOK_DISABLE_AFTER_HOURS: integer({
    min: 1,
    max: 8760,
    default: 72,
    unit: 'h',
    about: 'A webhook that has failed for this long, without one success, is disabled',
  }),
  WEBHOOK_LOG_DAYS: integer({
    min: 1,
    max: 3650,
    default: 30,
    unit: 'days',
    about: 'How long deliveries of webhooks, and what came of each call, are kept',
  }),
  WEBHOOK_ALLOWED_NETWORKS: networks({
    about:
      'Networks (10.1.0.0/16,127.0.0.0/8) in which webhooks may lie, by http as well; empty: public addresses and https only',
  }),
};

import { hostName, hostNames } from '../checks';
import { integer, oneOf, parsedBy } from '../field';
import { text, webUrl } from '../text-field';
import { parsePrivacyPassKeys } from '../privacy-pass-key';

const MAX_TEXT = 512;

/** What a token costs its client (docs/bots.md). */
export const gatesFields = {
  TOKEN_GATE: oneOf({
    values: ['none', 'proof-of-work', 'turnstile', 'privacy-pass'],
    default: 'none',
    about: 'What a token costs its client (docs/bots.md)',
  }),
  TOKEN_PROOF_OF_WORK_BITS: integer({
    min: 1,
    max: 16,
    default: 7,
    unit: 'bits',
    about: 'Least difficulty of the proof of work: 2^bits hashes of 1 MiB on average',
  }),
  TOKEN_PROOF_OF_WORK_MAX_BITS: integer({
    min: 1,
    max: 16,
    default: 10,
    unit: 'bits',
    about: 'Its greatest difficulty, under load',
  }),
  TOKEN_PROOF_OF_WORK_RATE: integer({
    min: 1,
    default: 500,
    unit: '1/s',
    about: 'New entries a second, over all processes, above which each doubling makes it one bit harder',
  }),
  TOKEN_TURNSTILE_URL: webUrl({
    default: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
    about: 'Where responses are verified: Cloudflare’s siteverify, or a service with the same form',
  }),
  TOKEN_TURNSTILE_SECRET: text({
    default: '',
    about: 'The widget’s secret key',
    check: (value) => (value.length > MAX_TEXT ? `must have at most ${MAX_TEXT} characters` : undefined),
  }),
  TOKEN_TURNSTILE_HOSTNAMES: text({
    default: '',
    check: hostNames,
    about: 'Hosts of the pages that may show the widget, with a comma between two',
  }),
  TOKEN_TURNSTILE_ACTION: text({
    default: '',
    about: 'What the widget must be for (its `action`); empty: anything',
    check: (value) =>
      /^[\w-]{1,32}$/.test(value) ? undefined : 'must be 1 to 32 letters, digits, _ or -, as actions are',
  }),
  TOKEN_TURNSTILE_TIMEOUT_MS: integer({
    min: 100,
    max: 30_000,
    default: 3_000,
    unit: 'ms',
    about: 'Longest time for a verification',
  }),
  TOKEN_TURNSTILE_ON_FAILURE: oneOf({
    values: ['closed', 'open'],
    default: 'closed',
    about: 'While nobody verifies: nobody gets a token, or everybody who sends a response does',
  }),
  TOKEN_PRIVACY_PASS_ISSUER: text({
    default: '',
    about: 'The issuer’s host name',
    check: hostName,
  }),
  TOKEN_PRIVACY_PASS_ORIGIN: text({
    default: '',
    about: 'This service’s host name, as browsers see it',
    check: hostName,
  }),
  TOKEN_PRIVACY_PASS_KEYS: text({
    default: '',
    check: parsedBy(parsePrivacyPassKeys),
    about:
      'The issuer’s public keys of token type 2, base64url, with a comma between two: the first is named in challenges',
  }),
};

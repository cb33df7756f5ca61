import type { Config } from './fields';
import { notifierMs } from './database-times';
import { hasIdentity } from './fields/identity';
import { unknownVariable } from './names/unknown';
import { isBlockedPort } from './parsing/blocked-ports';
import { isLoopback } from './parsing/host';
import { parseUrl } from './parsing/url';

/** Beginnings of the variables that only one gate reads. */
const GATE_VARIABLES = [
  ['proof-of-work', 'TOKEN_PROOF_OF_WORK_'],
  ['turnstile', 'TOKEN_TURNSTILE_'],
  ['privacy-pass', 'TOKEN_PRIVACY_PASS_'],
] as const;

/** Whether what is sent to the URL can be read and changed on its way. */
const isOpenToOthers = (url: string): boolean =>
  /^http:/i.test(url) && !isLoopback(parseUrl(url, ['http:']).host);

function notifierThatIsCut(config: Config): string[] {
  const { NOTIFIER_TIMEOUT_MS: wanted, NOTIFIER_WEBHOOK_URL: url } = config;
  const longest = notifierMs(config);
  if (url === '' || wanted <= longest) return [];
  return [
    `NOTIFIER_TIMEOUT_MS (${wanted}) is more than 80 % of DATABASE_TIMEOUT_MS: a call of the webhook ends after ${longest} ms.`,
  ];
}

/** Intervals beyond which an alert of the charts fires though nothing is wrong. */
const ALERTED_ABOVE = [
  ['HOLD_EXPIRY_INTERVAL_MS', 5000, 'HoldExpiryLate'],
  ['INVARIANT_CHECK_INTERVAL_SECONDS', 100, 'InvariantCheckStale'],
] as const;

const intervalsThatAlert = (config: Config): string[] =>
  ALERTED_ABOVE.filter(([name, most]) => config[name] > most).map(
    ([name, most, alert]) =>
      `${name} (${config[name]}) is more than ${most}: the alert ${alert} fires though nothing is wrong.`,
  );

const blockedPorts = (config: Config): string[] =>
  (['PORT', 'MANAGEMENT_PORT'] as const)
    .filter((name) => isBlockedPort(config[name] ?? 0))
    .map((name) => `${name} (${config[name]}) is one that browsers and npm run queue never connect to.`);

/** What is allowed but probably not meant, one sentence each. @param variables the names that are known */
export function doubts(
  config: Config,
  env: Record<string, string | undefined>,
  variables: readonly string[],
): string[] {
  const found = Object.keys(env)
    .filter((name) => env[name] !== '')
    .map((name) => unknownVariable(name, variables))
    .filter((one) => one !== undefined);
  const { HOLD_SECONDS: hold, QUEUE_SESSION_SECONDS: session } = config;
  const { QUEUE_MAX_WAIT_SECONDS: wait, QUEUE_PRESENCE_TIMEOUT_SECONDS: away } = config;
  if (hold > session)
    found.push(
      `HOLD_SECONDS (${hold}) is more than QUEUE_SESSION_SECONDS (${session}): a user who holds a seat stays active for up to ${session + hold} s.`,
    );
  if (isOpenToOthers(config.TOKEN_IDENTITY_JWKS_URL))
    found.push(
      'TOKEN_IDENTITY_JWKS_URL is not https: a program on the way could answer with its keys and be every user.',
    );
  if (isOpenToOthers(config.TOKEN_IDENTITY_SIGN_IN_URL))
    found.push(
      'TOKEN_IDENTITY_SIGN_IN_URL is not https: a program on the way could sign in as anybody who is sent there.',
    );
  if (hasIdentity(config) && config.TOKEN_IDENTITY_SIGN_IN_URL === '')
    found.push(
      'TOKEN_IDENTITY_SIGN_IN_URL is empty: the buyer’s page can sign nobody in, and sends users back to the shop’s own page.',
    );
  if (isOpenToOthers(config.TOKEN_TURNSTILE_URL))
    found.push(
      'TOKEN_TURNSTILE_URL is not https: a program on the way could read the secret, and pass every bot.',
    );
  for (const [gate, beginning] of GATE_VARIABLES) {
    const name = Object.keys(env).find((one) => one.startsWith(beginning) && env[one] !== '');
    if (name !== undefined && config.TOKEN_GATE !== gate)
      found.push(`${name} changes nothing while TOKEN_GATE is ${config.TOKEN_GATE}.`);
  }
  if (wait < away)
    found.push(
      `QUEUE_MAX_WAIT_SECONDS (${wait}) is less than QUEUE_PRESENCE_TIMEOUT_SECONDS (${away}): a waiting token has EXPIRED before its user counts as absent.`,
    );
  return [...found, ...notifierThatIsCut(config), ...intervalsThatAlert(config), ...blockedPorts(config)];
}

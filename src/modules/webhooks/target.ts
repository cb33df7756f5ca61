import { isIP } from 'node:net';
import type { AddressRules } from './delivery/addresses';
import { TargetRefused } from './errors';

const MAX_LENGTH = 2000;
const LEAST_OTHER_PORT = 1024;
const WEB_PORTS = new Set([80, 443]);

export interface Target {
  url: URL;
  isHttps: boolean;
  /** Without the brackets of an IPv6 address. */
  host: string;
}

/**
 * A webhook's URL: https (http only in WEBHOOK_ALLOWED_NETWORKS), without a user, a password or a fragment, at port 443,
 * 80 or one above 1023. An address in it is checked here, a name when it is resolved.
 * @throws TargetRefused
 */
export function parseTarget(text: string, rules: AddressRules): Target {
  if (!URL.canParse(text) || /\s/.test(text)) throw new TargetRefused('it must be a URL: https://host/path');
  const url = new URL(text);
  // What is stored and called has %xx for letters that are not of ASCII: it may be nine times as long.
  if (url.href.length > MAX_LENGTH)
    throw new TargetRefused(`it must have at most ${MAX_LENGTH} characters, written as ASCII`);
  const isHttps = url.protocol === 'https:';
  if (!isHttps && url.protocol !== 'http:') throw new TargetRefused('it must be https');
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw new TargetRefused('it must have no user, password or #…: calls are proved by their signature');
  const port = url.port === '' ? 443 : Number(url.port);
  if (!WEB_PORTS.has(port) && port < LEAST_OTHER_PORT)
    throw new TargetRefused('its port must be 443, 80, or one from 1024');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0) {
    rules.check(host);
    if (!isHttps && !rules.isConfigured(host)) throw new TargetRefused('it must be https');
  }
  return { url, isHttps, host };
}

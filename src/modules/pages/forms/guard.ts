import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { Forbidden } from '../../../common/errors';

/** `__Host-`: only this host sets it, over TLS (or on the machine itself), for all of its paths. */
const PREFIX = '__Host-';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';
const BUYER = `${PREFIX}buyer`;
const TOKEN = `${PREFIX}queue-token`;
const RANDOM_BYTES = 18;
const KEY_BYTES = 32;
const BUYER_FORM = /^[\w-]{24}$/;

/**
 * The cookies of the forms, and the proof that a form is ours: its hidden field is an HMAC over a random cookie, which
 * another site can neither read nor set. Browsers that say where a request comes from must say that it is from here.
 */
export class FormGuard {
  private readonly keys: Buffer[];

  /** @param secrets those of the tokens; the first one makes proofs, all are accepted */
  constructor(secrets: readonly string[]) {
    this.keys = secrets
      .filter((secret) => secret !== '')
      .map((secret) => Buffer.from(hkdfSync('sha256', secret, '', 'proofs of forms', KEY_BYTES)));
  }

  /** @returns the queue token of the buyer, if there is one */
  tokenOf(req: Request): string | undefined {
    return cookieOf(req, TOKEN);
  }

  /** @returns the proof for a form, and the cookie to set if the buyer has none */
  proofFor(req: Request): { proof: string; cookies: string[] } {
    const known = cookieOf(req, BUYER);
    const buyer = known !== undefined && BUYER_FORM.test(known) ? known : newBuyer();
    const cookies = buyer === known ? [] : [`${BUYER}=${buyer}; ${ATTRIBUTES}`];
    return { proof: proofOf(buyer, this.keys[0]), cookies };
  }

  /** @throws Forbidden (403): the form is not from a page that this buyer was given here */
  check(req: Request, proof: unknown): void {
    const site = req.headers['sec-fetch-site'];
    const buyer = cookieOf(req, BUYER);
    const isOurs =
      (site === undefined || site === 'same-origin') &&
      typeof proof === 'string' &&
      buyer !== undefined &&
      BUYER_FORM.test(buyer) &&
      this.keys.some((key) => isSame(proof, proofOf(buyer, key)));
    if (!isOurs) throw new Forbidden('This form is too old, or not from this site: open the page again.');
  }

  /** Cookies that keep the token. A buyer who enters gets a new proof: an earlier one is of no use. */
  entered(token: string): string[] {
    return [`${TOKEN}=${token}; ${ATTRIBUTES}`, `${BUYER}=${newBuyer()}; ${ATTRIBUTES}`];
  }

  left(): string[] {
    return [`${TOKEN}=; Max-Age=0; ${ATTRIBUTES}`];
  }
}

const newBuyer = (): string => randomBytes(RANDOM_BYTES).toString('base64url');

const proofOf = (buyer: string, key: Buffer | undefined): string =>
  createHmac('sha256', key ?? '')
    .update(buyer)
    .digest('base64url');

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function cookieOf({ headers }: Request, name: string): string | undefined {
  const all = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  const found = all.filter((pair) => pair.startsWith(`${name}=`));
  return found.length === 1 ? found[0]?.slice(name.length + 1) : undefined;
}

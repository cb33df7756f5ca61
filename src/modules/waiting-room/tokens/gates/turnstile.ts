import { createHash } from 'node:crypto';
import { Unavailable } from '../../../../common/errors';
import { type Breaker, CircuitOpen } from '../../../../platform/circuit-breaker/breaker';
import type { Logger } from '../../../../platform/observability/logger';
import { GateRefused } from '../../errors';
import { type Gate, type GateRequest, type Passed, SPENDING_MS } from './gate';
import { type Siteverify, type SiteverifyReply, SecretRefused } from './siteverify';

/** Cloudflare's: a response is good for five minutes. */
const RESPONSE_SECONDS = 300;
/** The clocks of Cloudflare and of Redis may differ. */
const TOLERANCE_MS = 10_000;

export interface TurnstileRules {
  /** Hosts whose pages may show the widget. */
  hostnames: string[];
  /** The action that the widget must name; empty: any. */
  action: string;
  /** Whether a token is given while nobody can verify. */
  isOpenOnFailure: boolean;
}

/**
 * A token costs the response of a Turnstile widget, which the shop's page shows, or of any service that has the same
 * siteverify. Such a response is good for one verification; the same key makes the next ones of the same generation
 * of the queue repeat the first, so that a client that lost the answer gets its entry. What it is spent for is decided by
 * Redis, as for every proof.
 */
export class Turnstile implements Gate {
  readonly name = 'turnstile';

  constructor(
    private readonly siteverify: Siteverify,
    private readonly rules: TurnstileRules,
    private readonly breaker: Breaker,
    private readonly logger: Logger,
  ) {}

  async verify({ proof, nowMs, gen }: GateRequest): Promise<Passed> {
    const { response } = proof ?? {};
    if (response === undefined)
      throw new GateRefused('There is no response of the challenge: send it as proof.');
    const hash = createHash('sha256').update(response).digest('hex');
    const reply = await this.ask(response, retryKey(`${gen} ${hash}`));
    if (reply !== undefined) this.judge(reply, nowMs);
    const spent = {
      id: `turnstile-${hash}`,
      lifeMs: RESPONSE_SECONDS * 1000 + 2 * TOLERANCE_MS + SPENDING_MS,
    };
    return { proof: spent, isVerified: reply !== undefined };
  }

  /** Undefined: nobody could verify it, and that is to let it pass. */
  private async ask(response: string, key: string): Promise<SiteverifyReply | undefined> {
    try {
      return await this.breaker.run(() => this.siteverify(response, key));
    } catch (error) {
      if (!(error instanceof CircuitOpen)) this.logger.warn({ err: error }, 'siteverify has failed');
      // A secret with a typing error must not leave the gate open.
      if (this.rules.isOpenOnFailure && !(error instanceof SecretRefused)) return undefined;
      throw error instanceof CircuitOpen ? error : new Unavailable('The check of the challenge');
    }
  }

  private judge(reply: SiteverifyReply, nowMs: number): void {
    if (!reply.isSuccess) throw refused(reply.faults.join(', '));
    if (!this.rules.hostnames.includes(reply.hostname)) throw refused('it is of another page');
    if (this.rules.action !== '' && reply.action !== this.rules.action)
      throw refused('it is for something else');
    const ageMs = nowMs - reply.solvedAtMs;
    if (!(ageMs <= RESPONSE_SECONDS * 1000 + TOLERANCE_MS)) throw refused('it is too old');
  }
}

const refused = (why: string): GateRefused =>
  new GateRefused(`The response of the challenge is not accepted (${why}): solve another one.`);

/** A UUID (version 8, RFC 9562) that is the same for the same text. */
function retryKey(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

import type { RequestListener } from 'node:http';
import { LocalServer, readBody } from './local-server';

interface Solved {
  hostname: string;
  action: string;
  solvedAtMs: number;
  /** The key of the first verification. */
  usedBy?: string;
}

interface Call {
  secret?: string;
  response?: string;
  idempotency_key?: string;
}

const LIFE_MS = 300_000;

/**
 * Verifies responses as Cloudflare documents it: each once and for five minutes; the same idempotency key gets the first
 * reply again. `answer` may be replaced.
 */
export class SiteverifyServer extends LocalServer {
  calls = 0;
  private readonly solved = new Map<string, Solved>();
  private count = 0;

  constructor(readonly secret: string) {
    super();
  }

  readonly verify: RequestListener = (req, res) => {
    readBody(req, (body) => {
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(this.replyTo(JSON.parse(body) as Call)));
    });
  };
  override answer = this.verify;

  get url(): string {
    return `${this.origin}/turnstile/v0/siteverify`;
  }

  /** A response as the widget gives it to the page. */
  solve(what: Partial<Solved> = {}): string {
    const response = `0.response-${++this.count}`;
    this.solved.set(response, {
      hostname: 'tickets.example',
      action: 'queue',
      solvedAtMs: Date.now(),
      ...what,
    });
    return response;
  }

  protected override receive(...exchange: Parameters<RequestListener>): void {
    this.calls++;
    super.receive(...exchange);
  }

  private replyTo({ secret, response, idempotency_key: key }: Call): object {
    const fault = (code: string): object => ({ success: false, 'error-codes': [code], messages: [] });
    if (secret === undefined) return fault('missing-input-secret');
    if (secret !== this.secret) return fault('invalid-input-secret');
    if (response === undefined || response === '') return fault('missing-input-response');
    const found = this.solved.get(response);
    if (found === undefined) return fault('invalid-input-response');
    const isRepeated = found.usedBy !== undefined && found.usedBy === key;
    if (found.usedBy !== undefined && !isRepeated) return fault('timeout-or-duplicate');
    if (Date.now() - found.solvedAtMs > LIFE_MS) return fault('timeout-or-duplicate');
    found.usedBy = key ?? '';
    const { hostname, action, solvedAtMs } = found;
    const challenge_ts = new Date(solvedAtMs).toISOString();
    return { success: true, 'error-codes': [], challenge_ts, hostname, action, cdata: '', metadata: {} };
  }
}

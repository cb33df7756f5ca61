import { Agent, request } from 'node:http';
import type { Begun, Ended, History, Operation } from '../observed/history.ts';
import type { Balancer } from './balancer.ts';

const GIVE_UP_MS = 4000;

interface Envelope {
  data: Record<string, unknown> | unknown[] | null;
  exception: { code: string; message: string } | null;
}

interface Asked {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  token?: string;
  body?: object;
}

export interface Answered {
  operation: Operation;
  data: unknown;
}

/** Sends requests as buyers do, and writes each into the history. */
export class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 512 });
  private readonly history: History;
  private readonly balancer: Balancer;

  constructor(history: History, balancer: Balancer) {
    this.history = history;
    this.balancer = balancer;
  }

  /** @param tell what to keep of a 2xx's data @param avoid the process that was asked before, for a second try */
  async ask(
    begun: Omit<Begun, 'api'>,
    asked: Asked,
    tell: (data: Record<string, unknown>) => Operation['answered'] = () => undefined,
    avoid?: number,
  ): Promise<Answered> {
    const api = this.balancer.choose(avoid);
    const end = this.history.begin({ ...begun, api });
    const { status, envelope, hasRetryAfter, code } = await this.send(
      this.balancer.urlOf(api),
      asked,
      begun.key,
    );
    const ended: Ended = {
      status,
      outcome: status >= 200 && status < 300 ? 'ok' : status >= 400 && status < 500 ? 'fail' : 'unknown',
      hasRetryAfter,
    };
    const why = envelope?.exception?.code ?? code;
    if (why !== undefined) ended.code = why;
    const data = envelope?.data ?? null;
    const answered =
      ended.outcome === 'ok' && data !== null ? tell(data as Record<string, unknown>) : undefined;
    if (answered !== undefined) ended.answered = answered;
    return { operation: end(ended), data };
  }

  close(): void {
    this.agent.destroy();
  }

  private send(
    url: string,
    { method, path, token, body }: Asked,
    key: string | undefined,
  ): Promise<{ status: number; envelope?: Envelope; hasRetryAfter: boolean; code?: string }> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers: Record<string, string | number> = { 'Content-Length': Buffer.byteLength(text) };
    if (text !== '') headers['Content-Type'] = 'application/json';
    if (token !== undefined) headers.Authorization = token;
    if (key !== undefined) headers['Idempotency-Key'] = key;
    return new Promise((resolve) => {
      const lost = (code: string): void => resolve({ status: 0, hasRetryAfter: false, code });
      const sent = request(`${url}${path}`, { method, headers, agent: this.agent }, (answer) => {
        let answered = '';
        answer.setEncoding('utf8');
        answer.on('data', (piece: string) => (answered += piece));
        answer.on('error', () => lost('cut off'));
        answer.on('end', () => {
          clearTimeout(timer);
          const hasRetryAfter = answer.headers['retry-after'] !== undefined;
          const status = answer.statusCode ?? 0;
          try {
            resolve({ status, envelope: JSON.parse(answered) as Envelope, hasRetryAfter });
          } catch {
            resolve({ status, hasRetryAfter, code: 'not JSON' });
          }
        });
      });
      const timer = setTimeout(() => {
        lost('gave up');
        sent.destroy();
      }, GIVE_UP_MS);
      sent.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        lost(error.code ?? error.message);
      });
      sent.end(text);
    });
  }
}

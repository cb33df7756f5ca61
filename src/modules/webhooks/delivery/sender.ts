import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import { monotonicMs } from '../../../common/clock';
import type { Span } from '../../../platform/observability/traces/span';
import { NO_TRACES, Tracer } from '../../../platform/observability/traces/tracer';
import { traceParentOf } from '../../../platform/observability/traces/traceparent';
import { sign } from '../signature';
import { parseTarget } from '../target';
import { AddressRules } from './addresses';

export interface Call {
  url: string;
  /** The same at each attempt. */
  id: string;
  /** Seconds, of the attempt. */
  timestamp: number;
  body: string;
  secrets: readonly string[];
  /** Of the request that has caused the event, if that is traced. */
  traceparent?: string | null;
}

export interface CallResult {
  /** Undefined: there was no answer. */
  status?: number;
  /** Why it counts as failed; undefined: it was delivered. */
  error?: string;
  /** The delay that the receiver demands. */
  retryAfterS?: number;
  durationMs: number;
}

const STOPPED = 'the worker stops';

/**
 * Calls a webhook, once. Only a 2xx is a success; redirects are not followed, and the body of the answer is not read.
 * Each call makes its own connection, to an address that was checked for this call.
 */
@scoped(Lifecycle.ContainerScoped)
export class WebhookSender {
  private readonly rules: AddressRules;
  private readonly timeoutMs: number;

  constructor(
    @inject(CONFIG) config: Config,
    private readonly tracer: Tracer = NO_TRACES,
  ) {
    this.rules = new AddressRules(config.WEBHOOK_ALLOWED_NETWORKS);
    this.timeoutMs = config.WEBHOOK_TIMEOUT_MS;
  }

  async send(call: Call, stopping?: AbortSignal): Promise<CallResult> {
    const span = this.tracer.continued(call.traceparent, 'call webhook', {
      kind: 'client',
      attributes: { 'http.request.method': 'POST', 'messaging.message.id': call.id },
    });
    const result = await this.attempt(call, span, stopping);
    if (result.status !== undefined) span?.set({ 'http.response.status_code': result.status });
    span?.end(result.error === undefined ? undefined : String(result.status ?? 'no_answer'));
    return result;
  }

  private async attempt(call: Call, span: Span | undefined, stopping?: AbortSignal): Promise<CallResult> {
    const startedAtMs = monotonicMs();
    const elapsed = (): number => Math.round(monotonicMs() - startedAtMs);
    try {
      if (stopping?.aborted === true) throw new Error(STOPPED); // the signal speaks once
      const { statusCode: status = 0, headers } = await this.answerTo(call, span, stopping);
      const durationMs = elapsed();
      if (status >= 200 && status < 300) return { status, durationMs };
      const retryAfterS = retryAfterOf(headers);
      const error = `it answered ${status}`;
      return { status, error, durationMs, ...(retryAfterS > 0 && { retryAfterS }) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error), durationMs: elapsed() };
    }
  }

  /** @throws TargetRefused; whatever keeps the answer from coming */
  private answerTo(call: Call, span: Span | undefined, stopping?: AbortSignal): Promise<IncomingMessage> {
    const { url, isHttps } = parseTarget(call.url, this.rules);
    const options: RequestOptions = {
      method: 'POST',
      agent: false,
      lookup: this.rules.lookup(isHttps),
      headers: {
        ...sign(call, call.secrets),
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(call.body),
        'user-agent': 'concert-reservation-webhooks',
        ...(span !== undefined && { traceparent: traceParentOf(span.context) }),
      },
    };
    return new Promise((resolve, reject) => {
      const request = (isHttps ? requestHttps : requestHttp)(url, options);
      const end = this.limit(request, stopping, reject);
      request.once('response', (answer) => {
        end();
        answer.once('error', () => undefined);
        answer.destroy(); // of no interest, and of any length
        resolve(answer);
      });
      request.on('error', (error) => {
        end();
        reject(error);
      });
      request.end(call.body);
    });
  }

  /** From here on the time limit of the request runs; the address of the connection is checked once more. */
  private limit(
    request: ClientRequest,
    stopping: AbortSignal | undefined,
    reject: (error: Error) => void,
  ): () => void {
    const fail = (why: string): void => {
      const error = new Error(why);
      reject(error);
      request.destroy(error);
    };
    const timer = setTimeout(() => {
      fail(`no answer within ${this.timeoutMs} ms`);
    }, this.timeoutMs);
    const stop = (): void => {
      fail(STOPPED);
    };
    stopping?.addEventListener('abort', stop);
    request.once('socket', (socket) => {
      socket.once('connect', () => {
        try {
          this.rules.check(socket.remoteAddress ?? '');
        } catch (error) {
          fail((error as Error).message);
        }
      });
    });
    return () => {
      clearTimeout(timer);
      stopping?.removeEventListener('abort', stop);
    };
  }
}

/** Seconds, or a date, which counts from the receiver's own clock (RFC 9110, 10.2.3); 0: it says neither. */
function retryAfterOf({ 'retry-after': text = '', date = '' }: IncomingMessage['headers']): number {
  if (/^\d+$/.test(text)) return Number(text);
  const seconds = (Date.parse(text) - Date.parse(date)) / 1000;
  return /^[A-Z][a-z]+,? /.test(text) && seconds > 0 ? seconds : 0;
}

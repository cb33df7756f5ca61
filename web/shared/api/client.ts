import type { components, paths } from './schema';
import { typed } from './typed';

/** Every endpoint, typed by the service's own document. */
export const api = typed<paths>();

type Failure = components['schemas']['Failure'];

/** Outcome of a request. `OFFLINE`: it is unknown whether the request arrived. */
export type Answer<T> =
  | { ok: true; data: T }
  | { ok: false; code: string; message: string; status: number; retryAfterMs: number };

interface Fetched<T> {
  data?: { data: T };
  error?: unknown;
  response: Response;
}

/** An answer for a request that this device has refused or could not send. */
export const refusal = (code: string): Answer<never> => ({
  ok: false,
  code,
  message: '',
  status: 0,
  retryAfterMs: 0,
});

const TIMEOUT_MS = 15_000;

/** Ends a request that gets no answer. */
export const limited = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(TIMEOUT_MS) });

export async function ask<T>(call: Promise<Fetched<T>>): Promise<Answer<T>> {
  try {
    const { data, error, response } = await call;
    // A list that could not be read is answered with an empty one, which must not look like a sold-out concert.
    if (response.headers.get('X-Fallback') === 'empty') return refusal('503');
    if (data !== undefined) return { ok: true, data: data.data };
    const { code, message } = (error as Partial<Failure> | undefined)?.exception ?? { code: '', message: '' };
    const retryAfterMs = Number(response.headers.get('Retry-After') ?? 0) * 1000;
    return {
      ok: false,
      code: code || String(response.status),
      message,
      status: response.status,
      retryAfterMs,
    };
  } catch {
    return refusal('OFFLINE');
  }
}

/**
 * Whether an answer leaves open what came of the request: asked again with its key, it tells. A 409 that says when to come
 * again is about a request with this key that is still worked on.
 */
export function isUnknown(answer: Answer<unknown>): boolean {
  if (answer.ok) return false;
  const { code, status, retryAfterMs } = answer;
  return code === 'OFFLINE' || status === 429 || status >= 500 || (status === 409 && retryAfterMs > 0);
}

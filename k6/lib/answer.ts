import type { RefinedResponse } from 'k6/http';

const REFUSED_FOR_NOW = [429, 503];
const NO_ANSWER = 0;

/**
 * An answer of the API. Values are extracted from the body outside of JavaScript, because parsing a list of 1,000 seats
 * here takes 12 ms and would make the generator the bottleneck.
 */
export class Answer<T> {
  constructor(private readonly response: RefinedResponse<'text'>) {}

  get status(): number {
    return this.response.status;
  }

  get ok(): boolean {
    return this.status === 200;
  }

  /** `exception.code` of a failure; empty for a success, or if the answer is not from the API. */
  get code(): string {
    return this.ok ? '' : ((this.part('exception.code') as string | undefined) ?? '');
  }

  /** Only valid if the answer is ok. */
  get data(): T {
    return this.part('data') as T;
  }

  /** Number of items of a list. */
  get count(): number {
    return this.ok ? ((this.part('data.#') as number | undefined) ?? 0) : 0;
  }

  /** The item of a list at an index, or the first that matches a GJSON query such as `#(seatStatus=="AVAILABLE")`. */
  item<I>(this: Answer<I[]>, which: number | string): I | undefined {
    return this.ok ? (this.part(`data.${which}`) as I | undefined) : undefined;
  }

  /** Delay before the same request may be sent again; undefined if the answer is final. */
  get retryAfterSeconds(): number | undefined {
    const inFlight = this.status === 409 && this.code === '409'; // another request with the same Idempotency-Key is in progress
    if (this.status !== NO_ANSWER && !REFUSED_FOR_NOW.includes(this.status) && !inFlight) return undefined;
    const seconds = Number(this.response.headers['Retry-After']);
    return seconds > 0 ? seconds : 1;
  }

  private part(path: string): unknown {
    try {
      return this.response.json(path);
    } catch {
      return undefined; // no JSON, or no body at all
    }
  }
}

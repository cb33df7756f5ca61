import type { RefinedResponse } from 'k6/http';

const REFUSED_FOR_NOW = [429, 503];
const NO_ANSWER = 0;

/**
 * An answer of the API. What is asked for is cut out of the body outside of JavaScript: to parse a list of 1,000 seats
 * here takes 12 ms, which would make the generator the bottleneck.
 */
export class Answer<T> {
  constructor(private readonly response: RefinedResponse<'text'>) {}

  get status(): number {
    return this.response.status;
  }

  get ok(): boolean {
    return this.status === 200;
  }

  /** `exception.code` of a failure; empty when it is none, or not from the API. */
  get code(): string {
    return this.ok ? '' : ((this.part('exception.code') as string | undefined) ?? '');
  }

  /** Only of an answer that is ok. */
  get data(): T {
    return this.part('data') as T;
  }

  /** Of a list: how many items. */
  get count(): number {
    return this.ok ? ((this.part('data.#') as number | undefined) ?? 0) : 0;
  }

  /** Of a list: the one at an index, or the first that fits a GJSON query such as `#(seatStatus=="AVAILABLE")`. */
  item<I>(this: Answer<I[]>, which: number | string): I | undefined {
    return this.ok ? (this.part(`data.${which}`) as I | undefined) : undefined;
  }

  /** When the same request may be sent again; undefined: it is answered for good. */
  get retryAfterSeconds(): number | undefined {
    const inFlight = this.status === 409 && this.code === '409'; // its Idempotency-Key is being worked on
    if (this.status !== NO_ANSWER && !REFUSED_FOR_NOW.includes(this.status) && !inFlight) return undefined;
    const told = Number(this.response.headers['Retry-After']);
    return told > 0 ? told : 1;
  }

  private part(path: string): unknown {
    try {
      return this.response.json(path);
    } catch {
      return undefined; // no JSON, or no body at all
    }
  }
}

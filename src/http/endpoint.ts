import type { z } from 'zod';
import type { RequestKey } from '../modules/idempotency/key';
import type { ActiveUser } from '../modules/waiting-room/service';
import type { Claims } from '../modules/waiting-room/tokens/token';
import type { EncodedResponse } from './envelope';
import type { SseResponse } from './event-stream';

/** What a handler gets: input that has been checked, and who asks. */
export interface Input<Body, Query> {
  body: Body;
  query: Query;
  /** Present unless access is `public`. */
  claims: Claims;
  /** Present when access is `inside`. */
  visitor: ActiveUser;
  /** Present when the request carries an Idempotency-Key. */
  key: RequestKey | undefined;
}

/**
 * One endpoint: the single source of its validation, its types and its page in the API document.
 * Steps: token → input → active by the copy → per-user limit → load shedding → admission → remembered answer →
 * `handle` → envelope; for all but `inside`: token → input → load shedding → rate limit → `handle` → envelope.
 */
export interface Endpoint<Body = unknown, Query = unknown, Answer = unknown> {
  method: 'get' | 'post';
  path: string;
  summary: string;
  description?: string;
  tag: string;
  /**
   * `public`: anyone; `token`: any genuine queue token; `ticket`: that, or an event ticket as `?ticket=`;
   * `inside`: a token in PROGRESS.
   */
  access: 'public' | 'token' | 'ticket' | 'inside';
  /** Makes a hold: the end of the user's session waits for the answer. */
  holds?: true;
  /** Honours Idempotency-Key. */
  idempotent?: true;
  /** Answers carry an ETag: If-None-Match gets 304. */
  conditional?: true;
  /** Limited per client address by TOKEN_RATE_PER_MINUTE. */
  rateLimited?: true;
  body?: z.ZodType<Body>;
  query?: z.ZodType<Query>;
  answer: z.ZodType<Answer>;
  /** Answers with a stream of events whose data are `answer`s: each event's name, and when it is sent. */
  events?: Record<string, string>;
  /** An answer as in the field, for the document. */
  example: Answer;
  /** Codes beyond those that follow from access, input and keys, each with when it is given. */
  errors: Record<string, string>;
  /** What must follow the act's COMMIT and may not have: done again when its answer is replayed. */
  replayed?(body: Body, answer: Answer): Promise<void>;
  handle(input: Input<Body, Query>): Promise<Answer | EncodedResponse | SseResponse>;
}

/** Keeps the types of one endpoint tied together, then forgets them so that endpoints fit in one list. */
export function endpoint<Body, Query, Answer>(definition: Endpoint<Body, Query, Answer>): Endpoint {
  return definition;
}

/** What leans on Redis or the database each time; a look at the line or at a list is answered from memory. */
export const isWrite = (it: Endpoint): boolean => it.method === 'post' && it.access !== 'token';

/** What locks rows that are the visitor's own. */
export const isPerUser = (it: Endpoint): boolean => isWrite(it) && it.access === 'inside';
